"""Patterns that repeat: cells, waves, tiles in perspective, woven cloth."""

from collections.abc import Callable

import numpy as np

from tools.train_builtin.pictures.fields import Array, IntArray, Rng, float32, grained, grid, mix, noise, smoothstep
from tools.train_builtin.pictures.palettes import colorize, palette


def cells(rng: Rng, size: int) -> Array:
    """Draw Voronoi cells: flat with joints, domed, or as a distance field; scales, stones, foam."""
    x, y = grid(size)
    bend = rng.uniform(0, 0.06)
    count = int(rng.integers(4, 20))
    stretch = rng.uniform(0.5, 1.0)
    u = (x + noise(rng, size, 2.2) * bend) * count
    v = (y + noise(rng, size, 2.2) * bend) * count * stretch
    near, second, owner = _nearest(rng, u, v, count)
    colors = palette(rng, (3, 9))
    kind = rng.choice(("joints", "domes", "distance", "flat"))
    if kind == "distance":
        return colorize(near if rng.random() < 0.6 else second - near, colors)
    shade = (owner * 37 % 17) / 17 - 0.5
    picture = float32(colors[owner % len(colors)] + shade[..., None] * rng.uniform(0, 0.3))
    if kind == "joints":
        picture = mix(palette(rng, 1)[0], picture, smoothstep(second - near, 0.0, rng.uniform(0.03, 0.3)))
    elif kind == "domes":
        picture = picture * (1.1 - rng.uniform(0.5, 1.1) * near[..., None] ** 2)
    return grained(rng, picture, 1.0, rng.uniform(0, 0.05))


def _nearest(rng: Rng, u: Array, v: Array, count: int) -> tuple[Array, Array, IntArray]:
    """Return the distances to the nearest two seeds of a jittered grid, and the index of the nearest one."""
    order = rng.uniform(0.3, 1.0)
    seeds = float32(rng.uniform(0.5 - order / 2, 0.5 + order / 2, (count + 8, count + 8, 2)))
    column, row = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    near = np.full(u.shape, 9.0, np.float32)
    second, owner = near.copy(), np.zeros(u.shape, np.int32)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            i, j = (row + dy) % (count + 8), (column + dx) % (count + 8)
            distance = np.hypot(column + dx + seeds[i, j, 0] - u, row + dy + seeds[i, j, 1] - v)
            closer = distance < near
            second = np.where(closer, near, np.minimum(second, distance))
            owner = np.where(closer, i * 1009 + j * 31, owner)
            near = np.where(closer, distance, near)
    return near, second, owner


def waves(rng: Rng, size: int) -> Array:
    """Add plane waves or rings of warped phase: ripples, dunes, moiré, corduroy."""
    x, y = grid(size)
    total = np.zeros((size, size), np.float32)
    for _ in range(rng.integers(1, 4)):
        angle, count = rng.uniform(0, np.pi), rng.uniform(6, 70)
        phase = 2 * np.pi * count * (np.cos(angle) * x + np.sin(angle) * y)
        if rng.random() < 0.25:
            phase = 2 * np.pi * count * np.hypot(x - rng.random(), y - rng.random())
        total += np.sin(phase + noise(rng, size, 2.2) * rng.uniform(0, 5))
    if rng.random() < 0.3:
        total = np.tanh(total * 6)
    return grained(rng, colorize(total, palette(rng, (2, 5))), 0.8, rng.uniform(0, 0.07))


def _checker(u: Array, v: Array) -> tuple[IntArray, Array]:
    return (np.floor(u) + np.floor(v)).astype(np.int32), _border(u, v)


def _stripes(u: Array, v: Array) -> tuple[IntArray, Array]:
    del v  # stripes run along it
    return np.floor(u).astype(np.int32), np.minimum(u % 1, 1 - u % 1)


def _bricks(u: Array, v: Array) -> tuple[IntArray, Array]:
    row = np.floor(v)
    shifted = u / 2 + 0.5 * (row % 2)
    return (np.floor(shifted) * 7 + row * 13).astype(np.int32), _border(shifted * 2 % 2 / 2, v)


def _dots(u: Array, v: Array) -> tuple[IntArray, Array]:
    distance = np.hypot(u % 1 - 0.5, v % 1 - 0.5)
    inside = distance < 0.35
    color = np.where(inside, 1 + np.floor(u) % 2, 0)
    return color.astype(np.int32), np.abs(distance - 0.35)


def _hexagons(u: Array, v: Array) -> tuple[IntArray, Array]:
    """Return the nearer point of two shifted rectangular lattices, whose common cells are hexagons."""
    tall = np.float32(np.sqrt(3))
    row_a, row_b = np.round(v / tall), np.round(v / tall - 0.5) + 0.5
    column_a, column_b = np.round(u), np.round(u - 0.5) + 0.5
    a, b = np.hypot(u - column_a, v - row_a * tall), np.hypot(u - column_b, v - row_b * tall)
    owner = np.where(a < b, column_a * 3 + row_a * 5, column_b * 6 + row_b * 10 + 1)
    return owner.astype(np.int32), np.abs(a - b) / 2


def _weave(u: Array, v: Array) -> tuple[IntArray, Array]:
    over = (np.floor(u) + np.floor(v)) % 2 == 0
    return over.astype(np.int32), np.where(over, np.minimum(u % 1, 1 - u % 1), np.minimum(v % 1, 1 - v % 1))


def _border(u: Array, v: Array) -> Array:
    """Return the distance to the edge of a unit square."""
    return np.minimum(np.minimum(u % 1, 1 - u % 1), np.minimum(v % 1, 1 - v % 1))


_Pattern = Callable[[Array, Array], tuple[IntArray, Array]]
_PATTERNS: tuple[_Pattern, ...] = (_checker, _stripes, _bricks, _dots, _hexagons, _weave)


def tiles(rng: Rng, size: int) -> Array:
    """Lay a pattern on a plane: frontal, tilted away to a horizon, or bent like cloth."""
    u, v, depth = _plane(rng, size)
    owner, border = _PATTERNS[rng.integers(len(_PATTERNS))](u, v)
    colors = palette(rng, (2, 6))
    shade = (owner * 31 % 23) / 23 - 0.5
    picture = float32(colors[owner % len(colors)] + shade[..., None] * rng.uniform(0, 0.25))
    if rng.random() < 0.7:
        picture = mix(palette(rng, 1)[0], picture, smoothstep(border, 0.0, rng.uniform(0.05, 0.25)))
    picture = grained(rng, picture, rng.uniform(0.4, 1.4), rng.uniform(0, 0.08))
    return mix(picture, picture.mean((0, 1)), np.clip(depth, 0, 1) ** 2)


def _plane(rng: Rng, size: int) -> tuple[Array, Array, Array]:
    """Choose the plane's coordinates, in tiles, and its depth: 1 where tiles are too small to see."""
    x, y = grid(size)
    angle, count = rng.uniform(0, np.pi), rng.uniform(4, 22)
    depth = np.zeros_like(x)
    if rng.random() < 0.4:
        away = 1.0 / np.maximum(y + rng.uniform(0.1, 0.6), 0.08)
        x, y = (x - 0.5) * away * 0.7, away * 0.7
        depth = float32(count * away**2 * 2.5 / size)
    elif rng.random() < 0.5:
        bend = rng.uniform(0.01, 0.08)
        x, y = x + noise(rng, size, 2.3) * bend, y + noise(rng, size, 2.3) * bend
    u = (np.cos(angle) * x + np.sin(angle) * y) * count + 100
    v = (np.cos(angle) * y - np.sin(angle) * x) * count * rng.uniform(0.6, 1.5) + 100
    return float32(u), float32(v), depth
