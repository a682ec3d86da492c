"""Landscapes and towns: sky, hills, houses, trees, water."""

import numpy as np

from tools.train_builtin.pictures.fields import Array, Rng, float32, grained, grid, mix, noise, ridges, unit
from tools.train_builtin.pictures.ink import Canvas, Point, gray
from tools.train_builtin.pictures.palettes import by_brightness, colorize, jitter, palette


def landscape(rng: Rng, size: int) -> Array:
    """Draw hills one behind the other under a sky, with trees, houses and sometimes water."""
    colors = _earth(rng)
    picture = sky(rng, size, colors)
    horizon = rng.uniform(0.3, 0.65)
    layers = int(rng.integers(2, 5))
    for layer in range(layers):
        near = (layer + 1) / layers
        line = horizon + 0.35 * near * layer / layers + unit(_skyline(rng, size, near)) * 0.16 - 0.08
        picture = _hill(rng, picture, line, colors[layer % len(colors)], colors[-1], near)
        picture = _plant(rng, picture, line, near, colors)
    return _reflect(rng, picture, rng.uniform(0.6, 0.85)) if rng.random() < 0.35 else picture


def _earth(rng: Rng) -> Array:
    """Choose the colors of a landscape: most often greens and browns under a light sky, or anything."""
    if rng.random() < 0.4:
        return by_brightness(palette(rng, 6))
    greens = np.array([(0.1, 0.18, 0.08), (0.2, 0.33, 0.12), (0.4, 0.35, 0.2), (0.5, 0.5, 0.25)])
    skies = np.array([(0.45, 0.62, 0.85), (0.85, 0.87, 0.9)])
    return float32(np.clip(np.concatenate([greens, skies]) + rng.normal(size=(6, 3)) * 0.07, 0, 1))


def sky(rng: Rng, size: int, colors: Array) -> Array:
    """Draw a gradient, clouds and perhaps a sun. `(S, S, 3)`."""
    x, y = grid(size)
    picture = mix(colors[-2], colors[-1], y)
    clouds = noise(rng, size, rng.uniform(1.3, 2.0), stretch=0.5, angle=np.pi / 2)
    cover = np.clip(clouds + rng.normal(), 0, 2) / 2 * rng.uniform(0, 1)
    picture = mix(picture, jitter(rng, gray(0.9), 0.15), cover)
    if rng.random() < 0.3:
        distance = np.hypot(x - rng.random(), y - rng.uniform(0, 0.4)) / rng.uniform(0.03, 0.12)
        picture = mix(picture, np.array([1.0, 0.95, 0.75]), np.exp(-(distance**2)))
    return picture


def _skyline(rng: Rng, size: int, near: float) -> Array:
    """Draw the outline of a range of hills: far ones jagged, near ones rolling."""
    rough = noise(rng, size, rng.uniform(1.6, 2.6))[size // 2]
    return float32(rough * (0.4 + near) + (np.cumsum(rng.normal(size=size)) * 0.1 * (1 - near)))


def _hill(rng: Rng, picture: Array, line: Array, color: Array, haze: Array, near: float) -> Array:
    """Cover everything below a line with ground: grass, rock or fields, paler in the distance."""
    size = picture.shape[0]
    _, y = grid(size)
    depth = y - line[None, :]
    texture = ridges(rng, size) - 0.5 if rng.random() < 0.4 else noise(rng, size, 0.9, stretch=0.4) * 0.25
    shade = color + (texture * rng.uniform(0.1, 0.5))[..., None] - depth[..., None] * 0.3
    return mix(picture, shade * near + haze * (1 - near), np.clip(depth * size, 0, 1))


def _plant(rng: Rng, picture: Array, line: Array, near: float, colors: Array) -> Array:
    """Set trees and houses on a hill, larger when near."""
    size = picture.shape[0]
    canvas = Canvas(picture)
    for x in np.sort(rng.uniform(0, size - 1, int(rng.integers(0, 14)))):
        foot = float(line[int(x)] * size) + rng.uniform(0, 0.06) * size
        height = size * near * rng.uniform(0.04, 0.16)
        if rng.random() < 0.7:
            tree(rng, canvas, (float(x), foot), height, colors[int(rng.integers(0, 3))])
        else:
            house(rng, canvas, (float(x), foot), (height * rng.uniform(0.7, 1.4), height * 0.7), colors)
    return canvas.picture()


def tree(rng: Rng, canvas: Canvas, foot: Point, height: float, color: Array) -> None:
    """Draw a trunk with a crown of many leaves, lit from above, or a pointed fir."""
    x, y = foot
    canvas.line([(x, y), (x, y - height * 0.6)], color * 0.5, width=max(1.0, height / 12))
    if rng.random() < 0.3:
        _fir(canvas, foot, height, color)
        return
    for _ in range(int(min(12 + height, 60))):
        angle, reach = rng.uniform(0, 2 * np.pi), height * 0.3 * np.sqrt(rng.random())
        dx, dy = np.cos(angle) * reach, np.sin(angle) * reach
        leaf = height * rng.uniform(0.03, 0.1) + 0.5
        light = 0.9 - 0.9 * dy / height + rng.normal() * 0.15
        canvas.ellipse((x + dx, y - height * 0.7 + dy), (leaf, leaf * 0.8), color * light)


def _fir(canvas: Canvas, foot: Point, height: float, color: Array) -> None:
    x, y = foot
    for step in np.linspace(0.25, 0.9, 5):
        half, hem = height * 0.35 * (1 - step) + 1, y - height * step
        canvas.polygon([(x - half, hem), (x, hem - height / 4), (x + half, hem)], color * (0.6 + step))


def house(rng: Rng, canvas: Canvas, foot: Point, extent: Point, colors: Array) -> None:
    """Draw a front with windows, a roof, and a darker side wall."""
    (x, y), (width, height) = foot, extent
    wall = jitter(rng, colors[rng.integers(len(colors))], 0.15) * 0.6 + 0.35
    roof = jitter(rng, np.array([0.5, 0.25, 0.18], np.float32), 0.15)
    side, peak = width * rng.uniform(0, 0.4), height * rng.uniform(0.3, 0.9)
    canvas.rectangle((x, y - height), (x + width, y), wall)
    canvas.rectangle((x + width, y - height), (x + width + side, y), wall * 0.65)
    canvas.polygon([(x, y - height), (x + width / 2, y - height - peak), (x + width, y - height)], roof * 1.2)
    ridge = [(x + width / 2, y - height - peak), (x + width / 2 + side, y - height - peak)]
    canvas.polygon([*ridge, (x + width + side, y - height), (x + width, y - height)], roof * 0.8)
    _windows(rng, canvas, (x, y), (width, height))


def _windows(rng: Rng, canvas: Canvas, foot: Point, extent: Point) -> None:
    (x, y), (width, height) = foot, extent
    pitch = max(3.5, min(width, height) / rng.uniform(2, 4.5))
    pane, frame = gray(rng.uniform(0.05, 0.25)), gray(rng.uniform(0.7, 1.0))
    for left in np.arange(x + pitch * 0.25, x + width - pitch * 0.6, pitch):
        for top in np.arange(y - height + pitch * 0.2, y - pitch * 0.7, pitch * 1.2):
            canvas.rectangle((left - 0.5, top - 0.5), (left + pitch * 0.45 + 0.5, top + pitch * 0.6 + 0.5), frame)
            canvas.rectangle((left, top), (left + pitch * 0.45, top + pitch * 0.6), pane)


def _reflect(rng: Rng, picture: Array, shore: float) -> Array:
    """Mirror what is above a shore line in rippled, darker water below it."""
    size = picture.shape[0]
    first = int(shore * size)
    rows = np.arange(first, size)
    ripple = noise(rng, size, 1.2, stretch=0.2)[first:] * rng.uniform(0.5, 4)
    source = np.clip(2 * first - rows[:, None] + ripple * 1.5, 0, size - 1).astype(np.int32)
    column = np.clip(np.arange(size)[None, :] + ripple, 0, size - 1).astype(np.int32)
    tint = rng.uniform(0.6, 0.95) * np.array([0.9, 0.97, 1.05])
    water = picture[source, column] * tint + 0.02 * ripple[..., None]
    return float32(np.concatenate([picture[:first], water]))


def town(rng: Rng, size: int) -> Array:
    """Draw rows of houses, one row before the other, before a sky; sometimes along a river."""
    colors = palette(rng, 6)
    canvas = Canvas(sky(rng, size, _earth(rng)))
    for row in range(int(rng.integers(1, 4))):
        foot = size * (0.55 + 0.14 * row)
        x = -0.1 * size
        while x < size:
            width = size * rng.uniform(0.06, 0.2)
            house(rng, canvas, (x, foot + rng.normal() * 2), (width, size * rng.uniform(0.1, 0.32)), colors)
            x += width * rng.uniform(0.7, 1.3)
        canvas.rectangle((0, foot), (size, size), jitter(rng, colors[row], 0.1) * 0.7)
        for x in rng.uniform(0, size, int(rng.integers(0, 5))):
            tree(rng, canvas, (x, foot + 4), size * rng.uniform(0.08, 0.2), _earth(rng)[1])
    picture = grained(rng, canvas.picture(), 0.9, rng.uniform(0.01, 0.06))
    return _reflect(rng, picture, 0.6) if rng.random() < 0.4 else picture


def field_rows(rng: Rng, size: int) -> Array:
    """Draw furrows or rows of crops that run to a vanishing point under a sky."""
    colors = _earth(rng)
    x, y = grid(size)
    horizon = rng.uniform(0.2, 0.5)
    depth = np.maximum(y - horizon, 1e-3)
    across = (x - rng.uniform(0.2, 0.8)) / depth
    rows = np.sin(across * rng.uniform(2, 9) + noise(rng, size, 1.5) * rng.uniform(0.1, 0.8))
    grain = noise(rng, size, 0.6, stretch=0.4) * 0.5 * np.sqrt(depth)
    ground = colorize(rows * np.minimum(depth * 4, 1) + grain, by_brightness(palette(rng, 3)))
    return mix(sky(rng, size, colors), ground, np.clip((y - horizon) * size, 0, 1))
