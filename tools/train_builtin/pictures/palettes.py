"""Color schemes of the pictures.

A palette is float32 `(K, 3)`, RGB in [0, 1], in no particular order of brightness.
"""

import colorsys

import numpy as np

from tools.train_builtin.pictures.fields import Array, Rng, float32, noise, unit

# Hue (turns), saturation and value of pigments that painters often combine.
_PAINTINGS = (
    ((0.61, 0.75, 0.35), (0.58, 0.6, 0.6), (0.55, 0.35, 0.8), (0.13, 0.75, 0.95), (0.11, 0.8, 0.6)),
    ((0.04, 0.8, 0.85), (0.07, 0.75, 0.95), (0.6, 0.5, 0.3), (0.62, 0.3, 0.15), (0.1, 0.4, 0.8)),
    ((0.09, 0.5, 0.25), (0.08, 0.6, 0.5), (0.1, 0.4, 0.75), (0.06, 0.7, 0.12), (0.12, 0.25, 0.92)),
    ((0.3, 0.4, 0.35), (0.22, 0.45, 0.6), (0.5, 0.2, 0.75), (0.9, 0.25, 0.85), (0.15, 0.25, 0.9)),
    ((0.0, 0.9, 0.8), (0.14, 0.9, 0.95), (0.6, 0.85, 0.55), (0.0, 0.0, 0.05), (0.1, 0.05, 0.95)),
    ((0.55, 0.15, 0.9), (0.6, 0.3, 0.55), (0.08, 0.2, 0.6), (0.3, 0.3, 0.3), (0.1, 0.1, 0.35)),
)


def palette(rng: Rng, count: int | tuple[int, int]) -> Array:
    """Mix colors: one hue and its neighbors, complements, a painter's, grays or anything.

    Args:
        rng: Source of randomness.
        count: How many; or at least how many and fewer than how many.
    """
    if isinstance(count, tuple):
        count = int(rng.integers(*count))
    scheme = rng.choice(("near", "opposite", "painting", "any", "gray"), p=(0.25, 0.2, 0.3, 0.18, 0.07))
    base = rng.random()
    colors = [_color(rng, str(scheme), base) for _ in range(count)]
    return _spread(rng, np.array(colors, np.float32))


def _color(rng: Rng, scheme: str, base: float) -> tuple[float, float, float]:
    saturation, value = rng.beta(1.5, 1.8), rng.beta(1.6, 1.3)
    hue = base + rng.normal() * 0.06
    if scheme == "opposite":
        hue += 0.5 * (rng.random() < 0.4)
    elif scheme == "any":
        hue = rng.random()
    elif scheme == "gray":
        saturation *= 0.15
    elif scheme == "painting":
        pigments = _PAINTINGS[int(base * len(_PAINTINGS))]
        hue, saturation, value = pigments[rng.integers(len(pigments))] + rng.normal(size=3) * (0.02, 0.1, 0.1)
    return colorsys.hsv_to_rgb(hue % 1.0, float(np.clip(saturation, 0, 1)), float(np.clip(value, 0.03, 1)))


def _spread(rng: Rng, colors: Array) -> Array:
    """Increase the contrast if all colors are alike, as nothing can be learned from a flat picture."""
    light = colors.mean(-1)
    if len(colors) < 2 or np.ptp(light) > 0.35:
        return colors
    target = np.linspace(rng.uniform(0.05, 0.3), rng.uniform(0.7, 0.98), len(colors))
    ranks = np.argsort(np.argsort(light))
    return float32(np.clip(colors + (target[ranks] - light)[:, None], 0, 1))


def by_brightness(colors: Array) -> Array:
    """Sort a palette from dark to light."""
    return colors[np.argsort(colors.mean(-1))]


def colorize(field: Array, colors: Array) -> Array:
    """Map a field to a gradient through the palette's colors: `(S, S)` to `(S, S, 3)`."""
    table = np.linspace(0, 1, 256)
    stops = np.linspace(0, 1, len(colors))
    gradient = np.stack([np.interp(table, stops, channel) for channel in colors.T], -1).astype(np.float32)
    return gradient[(unit(field) * 255).astype(np.uint8)]


def colored_field(rng: Rng, size: int, colors: Array, exponent: float) -> Array:
    """Color smooth noise, with an independent drift in every channel. `(S, S, 3)`."""
    drift = np.stack([noise(rng, size, exponent) for _ in range(3)], -1)
    return colorize(noise(rng, size, exponent), colors) + drift * rng.uniform(0.0, 0.08)


def jitter(rng: Rng, color: Array, amount: float) -> Array:
    """Vary a color: mostly its brightness, a little its hue."""
    return float32(np.clip(color + rng.normal() * amount + rng.normal(size=3) * amount / 3, 0, 1))
