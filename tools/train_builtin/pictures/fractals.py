"""Fractals: attractors of iterated affine maps, and Julia sets."""

import numpy as np

from tools.train_builtin.pictures.fields import Array, Rng, float32, grid, noise
from tools.train_builtin.pictures.palettes import colorize, palette

_POINTS, _ROUNDS, _SETTLE = 4000, 40, 8


def attractor(rng: Rng, size: int) -> Array:
    """Scatter points by randomly chosen contractions; each map leaves a trace of its own color."""
    count = int(rng.integers(2, 6))
    maps = np.stack([_contraction(rng) for _ in range(count)])
    offsets, colors = rng.uniform(-1, 1, (count, 2)), palette(rng, count)
    where, color = _iterate(rng, maps, offsets, colors)
    low, high = np.quantile(where, (0.01, 0.99), axis=0)
    pixel = ((where - low) / (high - low + 1e-6) * 0.95 * size + 0.02 * size).astype(np.int32)
    seen = ((pixel >= 0) & (pixel < size)).all(-1)
    flat = pixel[seen, 1] * size + pixel[seen, 0]
    density = [np.bincount(flat, color[seen, c], size * size) for c in range(3)]
    light = np.log1p(np.stack(density, -1).reshape(size, size, 3))
    light = float32(light / (np.quantile(light, 0.995) + 1e-6))
    ground = colorize(noise(rng, size, 2.0), palette(rng, 2)) * rng.uniform(0.1, 0.6)
    return float32(ground * (1 - np.clip(light.mean(-1, keepdims=True), 0, 1)) + light)


def _contraction(rng: Rng) -> Array:
    """Turn, mirror, flatten and shrink: `(2, 2)`."""
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    flat = np.array([1.0, rng.uniform(0.4, 1.0) * rng.choice((-1.0, 1.0))])
    return float32(rng.uniform(0.5, 0.9) * turn * flat)


def _iterate(rng: Rng, maps: Array, offsets: Array, colors: Array) -> tuple[Array, Array]:
    """Return visited points `(K, 2)` and their colors `(K, 3)`, after the transient."""
    point, color = np.zeros((_POINTS, 2)), np.full((_POINTS, 3), 0.5)
    points, shades = [], []
    for turn in range(_ROUNDS):
        choice = rng.integers(0, len(maps), _POINTS)
        point = np.einsum("nij,nj->ni", maps[choice], point) + offsets[choice]
        color = (color + colors[choice]) / 2
        if turn >= _SETTLE:
            points.append(point)
            shades.append(color)
    return np.concatenate(points), np.concatenate(shades)


def julia(rng: Rng, size: int) -> Array:
    """Color the escape times of a quadratic map, zoomed in on its boundary."""
    x, y = grid(size)
    zoom, angle = rng.uniform(0.6, 2.8), rng.uniform(0, 2 * np.pi)
    turn = np.exp(1j * angle) * zoom
    z = ((x - 0.5) * turn + 1j * (y - 0.5) * turn + rng.uniform(-0.3, 0.3)).astype(np.complex64)
    theta = rng.uniform(0, 2 * np.pi)
    c = np.complex64(0.5 * np.exp(1j * theta) * (1 - 0.5 * np.exp(1j * theta)) * rng.uniform(1.0, 1.12))
    escape = np.zeros(z.shape, np.float32)
    for _ in range(32):
        z = z * z + c
        size_squared = z.real**2 + z.imag**2
        escape += np.exp(-size_squared)
        z = np.where(size_squared > 36, np.complex64(6), z)
    tone = np.sin(escape * rng.uniform(0.4, 1.5)) if rng.random() < 0.6 else np.log1p(escape)
    return colorize(tone, palette(rng, (3, 6)))
