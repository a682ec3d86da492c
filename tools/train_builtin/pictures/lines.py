"""Drawings: scribbles, contours, letters of no alphabet, twigs."""

import numpy as np

from tools.train_builtin.pictures.fields import Array, Rng, float32, grained, mix, noise, unit
from tools.train_builtin.pictures.ink import Canvas
from tools.train_builtin.pictures.palettes import colored_field, jitter, palette


def _paper(rng: Rng, size: int) -> tuple[Array, Array]:
    """Choose a sheet, plain or stained, and a pen that shows on it."""
    pen, sheet = palette(rng, 2)
    if np.abs(pen - sheet).mean() < 0.3:
        pen = np.where(sheet.mean() > 0.5, sheet * 0.2, sheet * 0.3 + 0.7)
    paper = grained(rng, np.broadcast_to(sheet, (size, size, 3)), rng.uniform(0.5, 2), rng.uniform(0, 0.06))
    return paper, float32(pen)


def scribbles(rng: Rng, size: int) -> Array:
    """Draw wandering curves, tight or loose, in one color or in several."""
    paper, pen = _paper(rng, size)
    canvas = Canvas(paper)
    inks = np.stack([pen, *palette(rng, 3)]) if rng.random() < 0.5 else pen[None]
    wander = rng.uniform(0.02, 0.4)
    step, width = rng.uniform(1.5, 6) * size / 256, rng.uniform(0.6, 3) * size / 256
    for _ in range(int(rng.integers(8, 70))):
        turn = np.cumsum(rng.normal(size=rng.integers(20, 150)) * wander)
        heading = rng.uniform(0, 2 * np.pi) + np.cumsum(turn * 0.15) + turn
        path = rng.uniform(0, size, 2) + np.cumsum(np.stack([np.cos(heading), np.sin(heading)], -1) * step, 0)
        canvas.line(path, inks[rng.integers(len(inks))], width=width, rounded=width > 1.5)
    return canvas.picture()


def contours(rng: Rng, size: int) -> Array:
    """Draw level lines of a field, as on a map, over paper or over tinted layers."""
    levels = unit(noise(rng, size, rng.uniform(1.5, 2.6))) * rng.uniform(4, 18)
    slope = np.hypot(*np.gradient(levels)) + 1e-3
    distance = np.abs(levels - np.round(levels)) / slope
    line = np.clip(rng.uniform(0.8, 2.2) - distance, 0, 1)
    paper, pen = _paper(rng, size)
    if rng.random() < 0.5:
        paper = palette(rng, 6)[np.floor(levels + 0.5).astype(int) % 6]
    return mix(paper, pen, line)


def glyphs(rng: Rng, size: int) -> Array:
    """Write lines of letters of an invented alphabet, straight or tumbling, in one size or in many."""
    paper, pen = _paper(rng, size)
    canvas = Canvas(paper)
    alphabet = [_letter(rng) for _ in range(int(rng.integers(6, 26)))]
    height = rng.uniform(6, 36) * size / 256
    tumble, mixed = rng.choice((0.0, 0.05, 1.5)), rng.uniform(0, 0.5)
    y = -height / 2
    while y < size:
        x = -rng.uniform(0, height)
        while x < size:
            scale = height * np.exp(rng.normal() * mixed)
            if rng.random() > 0.12:
                letter, middle = alphabet[rng.integers(len(alphabet))], np.array([x, y + height / 2])
                _write(canvas, letter, middle, scale, rng.normal() * tumble, pen)
            x += scale * 0.85
        y += height * 1.5
    return canvas.picture()


def _letter(rng: Rng) -> list[Array]:
    """Make a letter of two to four strokes, straight or bowed, on a 3 by 3 lattice in the unit square."""
    strokes = []
    end = rng.integers(0, 3, 2) / 2.0
    for _ in range(int(rng.integers(2, 5))):
        start = end if rng.random() < 0.7 else rng.integers(0, 3, 2) / 2.0
        end = (start + rng.choice(((0.0, 0.5), (0.5, 0.0), (0.5, 0.5), (0.0, 1.0), (1.0, 0.5)))) % 1.5
        bow = rng.choice((0.0, 0.0, 0.4, -0.4)) * np.array([start[1] - end[1], end[0] - start[0]])
        t = np.linspace(0, 1, 6)[:, None]
        strokes.append(float32(start * (1 - t) + end * t + bow * 4 * t * (1 - t)))
    return strokes


def _write(canvas: Canvas, letter: list[Array], middle: Array, scale: float, angle: float, pen: Array) -> None:
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for stroke in letter:
        path = (stroke - 0.5) @ turn * (0.7 * scale, scale) + middle
        canvas.line(path, pen, width=max(0.6, scale * 0.09))


def twigs(rng: Rng, size: int) -> Array:
    """Grow bare branches before a sky or a wall, forking at random."""
    canvas = Canvas(colored_field(rng, size, palette(rng, 3) * 0.7 + 0.3, rng.uniform(1.8, 2.6)))
    color = palette(rng, 1)[0] * 0.4
    spread, shrink = rng.uniform(0.25, 0.7), rng.uniform(0.7, 0.86)
    for _ in range(int(rng.integers(2, 8))):
        foot = np.array([rng.uniform(0, size), size * rng.uniform(0.5, 1.1)])
        tips = [(foot, -np.pi / 2 + rng.normal() * 0.2, size * rng.uniform(0.08, 0.28))]
        for _ in range(7):
            tips = [tip for branch in tips for tip in _fork(rng, canvas, branch, color, spread, shrink)]
    return canvas.picture()


def _fork(
    rng: Rng, canvas: Canvas, branch: tuple[Array, float, float], color: Array, spread: float, shrink: float
) -> list[tuple[Array, float, float]]:
    """Draw one branch and return the two that grow from its end."""
    start, heading, length = branch
    end = start + length * np.array([np.cos(heading), np.sin(heading)])
    canvas.line(np.stack([start, end]), jitter(rng, color, 0.05), width=max(0.6, length / 9))
    turns = (heading - spread * rng.uniform(0.3, 1.3), heading + spread * rng.uniform(0.3, 1.3))
    return [(end, turn, length * shrink * rng.uniform(0.75, 1.1)) for turn in turns]
