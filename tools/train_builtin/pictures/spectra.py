"""Pictures of noise: clouds, rock, marble, wood, and smooth gradients."""

import numpy as np

from tools.train_builtin.pictures.fields import Array, Rng, float32, grained, grid, mix, noise, ridges, unit, warp
from tools.train_builtin.pictures.palettes import by_brightness, colored_field, colorize, palette


def colored_noise(rng: Rng, size: int) -> Array:
    """Draw 1/f noise: plain, warped by a sine, in steps, folded or ridged."""
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(0.15, 1)
    field = noise(rng, size, rng.uniform(0.6, 2.2), stretch=stretch, angle=angle)
    kind = rng.choice(("plain", "sine", "stepped", "folded", "ridged"))
    if kind == "sine":
        field = np.sin(field * rng.uniform(2, 8))
    elif kind == "stepped":
        field = np.round(field * rng.uniform(1, 3))
    elif kind == "folded":
        field = np.abs(field) ** rng.uniform(0.4, 1.2)
    elif kind == "ridged":
        field = ridges(rng, size)
    return colorize(field, palette(rng, (2, 7)))


def channel_noise(rng: Rng, size: int) -> Array:
    """Draw three 1/f noises, correlated as the colors of photographs are."""
    exponent = rng.uniform(0.7, 1.8)
    light = noise(rng, size, exponent)[..., None]
    color = np.stack([noise(rng, size, exponent + rng.uniform(-0.2, 0.5)) for _ in range(3)], -1)
    base = palette(rng, 2).mean(0)
    return float32(base + 0.18 * light + rng.uniform(0.02, 0.12) * color)


def marble(rng: Rng, size: int) -> Array:
    """Draw veins: a sine whose phase is turbulent, with its own fine grain."""
    x, y = grid(size)
    angle, count = rng.uniform(0, np.pi), rng.uniform(1, 10)
    turbulence = noise(rng, size, rng.uniform(1.3, 2.0)) * rng.uniform(0.5, 3.0)
    phase = 2 * np.pi * count * (np.cos(angle) * x + np.sin(angle) * y) + turbulence
    veins = np.abs(np.sin(phase)) ** rng.uniform(0.2, 2.0)
    return grained(rng, colorize(veins, palette(rng, (2, 5))), 0.7, rng.uniform(0, 0.08))


def wood(rng: Rng, size: int) -> Array:
    """Draw year rings, cut lengthwise or across, with fibers and pores."""
    x, y = grid(size)
    angle = rng.normal() * 0.2 + rng.choice((0.0, np.pi / 2))
    along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    bend = noise(rng, size, 2.2) * rng.uniform(0.01, 0.08)
    rings = np.hypot(along * rng.uniform(0.05, 1.0) - rng.uniform(0, 1), across - rng.uniform(-0.5, 1.0)) + bend
    tone = (rings * rng.uniform(8, 40)) % 1.0
    fibers = noise(rng, size, 0.8, stretch=0.08, angle=angle + np.pi / 2)
    tone = tone**2 + fibers * rng.uniform(0.05, 0.3)
    return colorize(tone, by_brightness(palette(rng, 3))[::-1])


def gradients(rng: Rng, size: int) -> Array:
    """Draw a smooth gradient, crossed by a few edges: sky, walls, out-of-focus background."""
    colors = palette(rng, (2, 5))
    picture = colored_field(rng, size, colors, rng.uniform(2.0, 3.0))
    x, y = grid(size)
    for _ in range(rng.integers(0, 4)):
        angle = rng.uniform(0, 2 * np.pi)
        bend = noise(rng, size, 2.5) * rng.uniform(0, 0.08)
        side = np.cos(angle) * (x - rng.uniform(0.2, 0.8)) + np.sin(angle) * (y - rng.uniform(0.2, 0.8)) + bend
        edge = np.clip(side * rng.uniform(5, size), 0, 1)
        picture = mix(picture, colorize(side, palette(rng, 2)), edge)
    return picture


def agate(rng: Rng, size: int) -> Array:
    """Draw thin bands that follow the levels of a field, dragged by a second one."""
    bands = unit(noise(rng, size, rng.uniform(1.8, 2.6))) * rng.uniform(4, 25)
    tone = float32(bands % 1.0)
    drag = rng.uniform(0, 14)
    tone = warp(tone, noise(rng, size, 1.8) * drag, noise(rng, size, 1.8) * drag)
    return colorize(tone, palette(rng, (2, 6)))
