"""Paint and ink: brush strokes along a flow, dabs, hatching, wet paint.

Each takes the picture that is being painted, so that a painter can work from a plain field of colors as
well as from a landscape.
"""

import numpy as np

from tools.train_builtin.pictures.fields import Array, Rng, float32, noise, relief, smear, swirls, unit
from tools.train_builtin.pictures.ink import Canvas, gray
from tools.train_builtin.pictures.palettes import colored_field, colorize, palette

_STROKE_POINTS = 6


def motif(rng: Rng, size: int) -> Array:
    """Draw a motif to paint: large soft regions of a palette's colors."""
    return colored_field(rng, size, palette(rng, (3, 9)), rng.uniform(1.5, 2.4))


def brush(rng: Rng, picture: Array) -> Array:
    """Paint a picture in layers of strokes, coarse to fine, with bristles and raised paint."""
    size = picture.shape[0]
    angle = swirls(rng, size)
    canvas = Canvas(picture * rng.uniform(0.5, 1.0))
    width, length = rng.uniform(2.5, 9) * size / 256, rng.uniform(10, 45) * size / 256
    wild = rng.uniform(0.02, 0.12)
    for shrink in (1.0, 0.6)[: rng.integers(1, 3)]:
        count = int(min(1.6 * size**2 / (length * width * shrink**2), 900))
        for path in _paths(rng, angle, count, length * shrink):
            color = picture[_inside(path[2, 1], size), _inside(path[2, 0], size)]
            shade = color + rng.normal() * wild + rng.normal(size=3) * wild / 3
            canvas.line(path, shade, width=width * shrink * rng.uniform(0.6, 1.4))
    return _impasto(rng, canvas.picture(), angle)


def _paths(rng: Rng, angle: Array, count: int, length: float) -> Array:
    """Follow the flow from random starts: `(count, points, 2)` as x, y."""
    size = angle.shape[0]
    position = rng.uniform(-0.03 * size, 1.03 * size, (count, 2))
    step = length / _STROKE_POINTS * rng.uniform(0.6, 1.4, count)
    points = [position]
    for _ in range(_STROKE_POINTS - 1):
        column, row = np.clip(points[-1], 0, size - 1).astype(np.int32).T
        heading = angle[row, column]
        move = np.stack([np.cos(heading), np.sin(heading)], -1) * step[:, None]
        points.append(points[-1] + move)
    return float32(np.stack(points, 1))


def _inside(position: float, size: int) -> int:
    return int(min(max(position, 0), size - 1))


def _impasto(rng: Rng, picture: Array, angle: Array) -> Array:
    """Raise the paint: bristle furrows along the flow and the strokes' own edges, lit from one side."""
    size = picture.shape[0]
    bristles = smear(noise(rng, size, 0.0), angle, length=rng.uniform(6, 20))
    height = bristles * rng.uniform(0.2, 1.0) + picture.mean(-1) * rng.uniform(0, 6)
    light = relief(height, azimuth=rng.uniform(0, 2 * np.pi), strength=rng.uniform(0.1, 0.5))
    return float32(picture * light[..., None] + bristles[..., None] * rng.uniform(0, 0.08))


def wet(rng: Rng, picture: Array) -> Array:
    """Drag the picture's colors along a flow, as a soft brush does in wet paint."""
    size = picture.shape[0]
    grain = noise(rng, size, rng.uniform(0, 0.5))[..., None] * rng.uniform(0.15, 0.4)
    return smear(float32(picture + grain), swirls(rng, size), length=rng.uniform(8, 30))


def dabs(rng: Rng, picture: Array) -> Array:
    """Set points of nearly pure color, as the pointillists did."""
    size = picture.shape[0]
    canvas = Canvas(picture * 0.5 + 0.5 * palette(rng, 1)[0])
    radius = rng.uniform(1.3, 5) * size / 256
    count = int(min(1.3 * (size / radius) ** 2 / 3, 5000))
    flat = rng.uniform(0.5, 1.0)
    spread = rng.uniform(0.05, 0.2)
    places = rng.uniform(0, size, (count, 2))
    colors = picture[places[:, 1].astype(int), places[:, 0].astype(int)] + rng.normal(size=(count, 3)) * spread
    for (x, y), color, scale in zip(places, colors, rng.uniform(0.6, 1.3, count), strict=True):
        canvas.ellipse((x, y), (radius * scale, radius * scale * flat), color)
    return canvas.picture()


def hatching(rng: Rng, picture: Array) -> Array:
    """Draw the picture's dark parts with pen lines, crossed where it is darkest."""
    size = picture.shape[0]
    tone = unit(picture.mean(-1))
    paper, pen = (gray(0.97), gray(0.08)) if rng.random() < 0.5 else palette(rng, 2)
    canvas = Canvas(np.broadcast_to(paper, picture.shape))
    gap, width = rng.uniform(3, 9) * size / 256, rng.uniform(0.5, 1.6) * size / 256
    base, wobble = rng.uniform(0, np.pi), rng.uniform(0, 0.6) * size / 256
    for layer, share in enumerate((0.75, 0.45, 0.2)[: rng.integers(1, 4)]):
        angle = base + layer * rng.uniform(0.6, 1.6)
        dark = tone < np.quantile(tone, share)
        for path in _parallel(rng, size, angle, gap * rng.uniform(0.6, 1.1), wobble):
            _pen(canvas, path, dark, pen, width * rng.uniform(0.7, 1.3))
    return canvas.picture()


def _parallel(rng: Rng, size: int, angle: float, gap: float, wobble: float) -> list[Array]:
    """Cover the square with parallel, slightly shaky lines."""
    along = np.arange(-0.75 * size, 0.75 * size, 5.0 * size / 256)
    lines = []
    for offset in np.arange(-0.75 * size, 0.75 * size, gap):
        across = offset + rng.normal(size=along.shape) * wobble
        x = size / 2 + np.cos(angle) * along - np.sin(angle) * across
        y = size / 2 + np.sin(angle) * along + np.cos(angle) * across
        lines.append(np.stack([x, y], -1))
    return lines


def _pen(canvas: Canvas, path: Array, wanted: np.ndarray, color: Array, width: float) -> None:
    """Draw only the stretches of a path that lie where a mask wants them."""
    size = canvas.size
    column, row = np.clip(path, 0, size - 1).astype(np.int32).T
    keep = wanted[row, column] & (path >= 0).all(-1) & (path < size).all(-1)
    for stretch in np.split(np.arange(len(path)), np.flatnonzero(np.diff(keep)) + 1):
        if keep[stretch[0]] and len(stretch) > 1:
            canvas.line(path[stretch], color, width=width)


def brushed_motif(rng: Rng, size: int) -> Array:
    """Paint soft regions of color with a brush."""
    return brush(rng, motif(rng, size))


def wet_motif(rng: Rng, size: int) -> Array:
    """Drag soft regions of color along a flow."""
    return wet(rng, motif(rng, size))


def dabbed_motif(rng: Rng, size: int) -> Array:
    """Set points over soft regions of color."""
    return dabs(rng, motif(rng, size))


def hatched_motif(rng: Rng, size: int) -> Array:
    """Hatch smooth light and shade."""
    return hatching(rng, colorize(noise(rng, size, rng.uniform(1.6, 2.4)), palette(rng, 2)))
