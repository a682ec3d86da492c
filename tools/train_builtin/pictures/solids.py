"""Solid objects under a light: spheres, boxes, relief, drapery, heads, as in most photographs."""

from dataclasses import dataclass

import numpy as np

from tools.train_builtin.pictures.fields import (
    Array,
    Rng,
    float32,
    grained,
    grid,
    mix,
    noise,
    relief,
    smoothstep,
    standardize,
    unit,
)
from tools.train_builtin.pictures.ink import Canvas, Point, gray
from tools.train_builtin.pictures.palettes import colored_field, colorize, jitter, palette


@dataclass(frozen=True, kw_only=True)
class Ball:
    """A ball on the ground: center and radius as shares of the picture's side."""

    center: Array
    radius: float
    color: Array
    gloss: float


def spheres(rng: Rng, size: int) -> Array:
    """Pile shaded balls, matt or glossy, each with a cast shadow, on a ground."""
    colors = palette(rng, 7)
    ground = colored_field(rng, size, colors[:2], 2.0) * 0.8 + 0.1
    picture = grained(rng, ground, 0.9, rng.uniform(0, 0.05))
    light, gloss = _light(rng), rng.uniform(0, 1.0)
    grain = noise(rng, size, rng.uniform(0.5, 1.5)) * rng.uniform(0, 0.12)
    centers = rng.uniform(0, 1, (int(rng.integers(6, 45)), 2))
    for center in centers[np.argsort(centers[:, 1])]:
        radius = (0.04 + 0.1 * center[1]) * rng.uniform(0.5, 1.6)
        ball = Ball(center=center, radius=radius, color=colors[rng.integers(7)], gloss=gloss)
        _draw_ball(picture, ball, light, grain)
    return picture


def _light(rng: Rng) -> Array:
    """Choose a direction towards the light, from above the picture's plane; unit length."""
    direction = np.array([rng.normal(), -abs(rng.normal()) - 0.3, rng.uniform(0.4, 1.2)])
    return float32(direction / np.linalg.norm(direction))


def _draw_ball(picture: Array, ball: Ball, light: Array, grain: Array) -> None:
    """Draw one ball and its shadow into the picture, in place, touching only the pixels around it."""
    size, radius = picture.shape[0], ball.radius
    left, top = (np.maximum(0, ball.center - 2.2 * radius) * size).astype(int)
    right, bottom = ((ball.center + 2.2 * radius) * size).astype(int) + 2
    part = picture[top:bottom, left:right]
    row, column = np.indices(part.shape[:2])
    x = float32((column + left) / size - ball.center[0]) / radius
    y = float32((row + top) / size - ball.center[1]) / radius
    shadow = np.hypot(x + light[0] * 1.1, (y - 0.75 + light[1] * 0.3) * 1.9)
    part *= (0.45 + 0.55 * smoothstep(shadow, 0.5, 1.2))[..., None]
    height = np.sqrt(np.maximum(1 - x**2 - y**2, 0))
    lambert = np.maximum(light[0] * x + light[1] * y + light[2] * height, 0)
    glint = np.maximum(2 * lambert * height - light[2], 0) ** 24 * ball.gloss
    shade = 0.2 + 0.9 * lambert + grain[top:bottom, left:right]
    inside = np.clip((1 - np.hypot(x, y)) * radius * size + 0.5, 0, 1)
    part[:] = mix(part, ball.color * shade[..., None] + glint[..., None], inside)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box standing on its lowest corner `foot`, in pixels; `slope` is the elevation of the view."""

    foot: Point
    edge: float
    height: float
    slope: float


def boxes(rng: Rng, size: int) -> Array:
    """Stack boxes seen from above, three faces of three brightnesses each: crates, blocks, skyscrapers."""
    colors = palette(rng, 6)
    canvas = Canvas(colored_field(rng, size, colors[:2], 2.2))
    slope, faces = rng.uniform(0.3, 0.7), rng.permutation((1.1, 0.75, 0.45))
    outlined = rng.random() < 0.3
    for y in np.sort(rng.uniform(0.1, 1.25, int(rng.integers(10, 70)))) * size:
        foot = (rng.uniform(-0.1, 1.1) * size, y)
        edge, height = rng.uniform(0.03, 0.12) * size, rng.uniform(0.04, 0.3) * size
        color = jitter(rng, colors[rng.integers(6)], 0.1)
        box = Box(foot=foot, edge=edge, height=height, slope=slope)
        _draw_box(canvas, box, faces[:, None] * color, color * 0.2 if outlined else None)
    return canvas.picture() * (1 + noise(rng, size, 1.0)[..., None] * rng.uniform(0, 0.15))


def _draw_box(canvas: Canvas, box: Box, faces: Array, outline: Array | None) -> None:
    """Draw the left, the right and the upper face, in the colors `faces` `(3, 3)`."""
    (x, y), rise, up = box.foot, box.edge * box.slope, box.height
    left, right = x - box.edge, x + box.edge
    canvas.polygon([(left, y - rise), (x, y), (x, y - up), (left, y - rise - up)], faces[0], outline=outline)
    canvas.polygon([(x, y), (right, y - rise), (right, y - rise - up), (x, y - up)], faces[1], outline=outline)
    roof = [(left, y - rise - up), (x, y - up), (right, y - rise - up), (x, y - 2 * rise - up)]
    canvas.polygon(roof, faces[2], outline=outline)


def rock(rng: Rng, size: int) -> Array:
    """Shade a rough height field from the side: stone, plaster, crumpled paper, bark."""
    height = noise(rng, size, rng.uniform(1.2, 2.2), stretch=rng.uniform(0.3, 1), angle=rng.uniform(0, np.pi))
    if rng.random() < 0.4:
        height = standardize(-np.abs(height))
    height *= rng.uniform(1.5, 10) * size / 256
    color = colored_field(rng, size, palette(rng, (2, 5)), rng.uniform(1.2, 2.4))
    shade = relief(height, azimuth=rng.uniform(0, 2 * np.pi), strength=rng.uniform(0.6, 1.0))
    hollow = unit(height)[..., None] ** rng.uniform(0, 0.6)
    return float32((0.3 + 0.7 * color) * shade[..., None] * hollow)


def drapery(rng: Rng, size: int) -> Array:
    """Hang cloth in folds, plain or printed, lit from one side."""
    x, y = grid(size)
    angle = rng.normal() * 0.4
    across = np.cos(angle) * x + np.sin(angle) * y + noise(rng, size, 2.4) * rng.uniform(0.02, 0.1)
    folds = np.sin(across * rng.uniform(15, 60)) + noise(rng, size, 2.3) * rng.uniform(0.5, 2)
    color = np.broadcast_to(palette(rng, 1)[0] * 0.6 + 0.3, (size, size, 3))
    if rng.random() < 0.5:
        weave = np.sin((across + folds * 0.02) * 90) * np.sin((y + folds * 0.02) * 90)
        color = colorize(np.tanh(weave * 4), palette(rng, 2))
    shade = relief(folds * rng.uniform(1, 5) * size / 256, azimuth=angle, strength=rng.uniform(0.5, 1.0))
    thread = 1 + noise(rng, size, 0.2)[..., None] * rng.uniform(0, 0.06)
    return float32(color * shade[..., None] * thread)


def portrait(rng: Rng, size: int) -> Array:
    """Compose ellipses into a head with shoulders before a background: skin, hair, eyes, a mouth."""
    colors = palette(rng, 5)
    canvas = Canvas(colored_field(rng, size, colors[:3], rng.uniform(1.6, 2.4)))
    skin = jitter(rng, np.array([0.8, 0.6, 0.48], np.float32), 0.15)
    hair = jitter(rng, np.array([0.3, 0.2, 0.12], np.float32), 0.2)
    x, y, r = size * rng.uniform(0.3, 0.7), size * rng.uniform(0.35, 0.5), size * rng.uniform(0.12, 0.24)
    canvas.ellipse((x, y + 2.7 * r), (2.0 * r, 1.5 * r), colors[3])
    canvas.rectangle((x - 0.4 * r, y), (x + 0.4 * r, y + 1.5 * r), skin * 0.8)
    _head(rng, canvas, (x, y), r, skin, hair)
    picture = canvas.picture()
    column, row = grid(size)
    side = np.clip(1 + rng.normal() * 0.7 * (column * size - x) / r * 0.4, 0.35, 1.5)
    texture = 1 + noise(rng, size, 1.0) * rng.uniform(0, 0.1)
    return float32(picture * (side * texture * (1.1 - 0.2 * row))[..., None])


def _head(rng: Rng, canvas: Canvas, center: Point, r: float, skin: Array, hair: Array) -> None:
    """Draw a head of radius r: hair behind a face that gets brighter to one side, then its features."""
    x, y = center
    canvas.ellipse((x, y - 0.25 * r), (1.1 * r, 1.2 * r), hair)
    for shrink in np.linspace(1, 0.3, 8):
        middle, radii = (x - (1 - shrink) * 0.25 * r, y), (0.85 * r * shrink, 1.12 * r * shrink)
        canvas.ellipse(middle, radii, skin * (1.25 - 0.45 * shrink))
    for side in (-1, 1):
        _eye(canvas, (x + side * 0.34 * r, y - 0.12 * r), r, hair)
        _locks(rng, canvas, center, side * r, hair)
    nose = [(x, y - 0.1 * r), (x + 0.12 * r, y + 0.3 * r), (x - 0.02 * r, y + 0.34 * r)]
    canvas.line(nose, skin * 0.7, width=0.04 * r)
    canvas.ellipse((x, y + 0.62 * r), (0.28 * r, 0.08 * r), skin * (0.85, 0.5, 0.5))


def _eye(canvas: Canvas, center: Point, r: float, hair: Array) -> None:
    x, y = center
    canvas.ellipse(center, (0.16 * r, 0.08 * r), gray(0.95))
    canvas.ellipse(center, (0.07 * r, 0.07 * r), hair * 0.5)
    canvas.line([(x - 0.2 * r, y - 0.16 * r), (x + 0.2 * r, y - 0.2 * r)], hair, width=0.06 * r)


def _locks(rng: Rng, canvas: Canvas, center: Point, reach: float, hair: Array) -> None:
    """Draw hair on one side: `reach` is the head's radius, negative for the left."""
    (x, y), r = center, abs(reach)
    for _ in range(25):
        start = (x + reach * rng.uniform(0, 0.5), y - r * rng.uniform(1.0, 1.4))
        end = (x + reach * rng.uniform(0.9, 1.25), y + r * rng.uniform(-0.6, 1.0))
        bend = ((start[0] + 2 * end[0]) / 3 + 0.2 * reach, start[1] + 0.3 * r)
        canvas.line([start, bend, end], jitter(rng, hair, 0.1))
