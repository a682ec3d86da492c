"""Combine textures in one picture, and simulate the light, lens and film of photographs."""

import numpy as np
from PIL import ImageFilter

from tools.train_builtin.pictures import strokes
from tools.train_builtin.pictures.fields import Array, Rng, float32, grid, mix, noise, smoothstep, unit
from tools.train_builtin.pictures.ink import Points, from_image, label_map, reduce, to_image


def blend(rng: Rng, first: Array, second: Array) -> Array:
    """Join two pictures by a mask with sharp or soft edges, or let one shine through the other."""
    size = first.shape[0]
    field = noise(rng, size, rng.uniform(1.2, 2.6)) + rng.normal() * 0.4
    softness = rng.choice((0.02, 0.1, 1.0))
    mask = smoothstep(field, -softness, softness)
    if rng.random() < 0.2:
        mask = np.full_like(mask, rng.uniform(0.3, 0.7))
    return mix(second, first, mask)


def mosaic(rng: Rng, pictures: list[Array]) -> Array:
    """Cut a picture from several along polygons, each piece with a shade of its own."""
    size = pictures[0].shape[0]
    large = np.stack([p.repeat(2, 0).repeat(2, 1) for p in pictures])
    labels = label_map(size, [_piece(rng, size) for _ in range(int(rng.integers(3, 14)))])
    shade = float32(rng.uniform(0.6, 1.3, labels.max() + 1))
    line = np.arange(labels.shape[0])
    return reduce(large[labels % len(pictures), line[:, None], line] * shade[labels][..., None])


def _piece(rng: Rng, size: int) -> Points:
    """Draw the corners of a star-shaped piece somewhere in the picture."""
    corners = int(rng.integers(3, 12))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = rng.uniform(0.08, 0.4) * size * rng.uniform(0.6, 1.0, corners)
    x, y = rng.uniform(0, size, 2)
    return [(x + r * np.cos(a), y + r * np.sin(a)) for r, a in zip(reach, angles, strict=True)]


def repaint(rng: Rng, picture: Array) -> Array:
    """Paint or draw an existing picture."""
    techniques = (strokes.brush, strokes.dabs, strokes.wet, strokes.hatching)
    return techniques[rng.choice(4, p=(0.5, 0.2, 0.15, 0.15))](rng, np.clip(picture, 0, 1))


def develop(rng: Rng, picture: Array) -> Array:
    """Simulate light, lens and film, each effect at random and mild."""
    picture = np.clip(picture, 0, 1.2)
    if rng.random() < 0.35:
        picture = _light_from_a_side(rng, picture)
    if rng.random() < 0.2:
        picture = _focus(rng, picture)
    if rng.random() < 0.3:
        contrast = rng.uniform(0.6, 1.5)
        picture = (picture - picture.mean()) * contrast + picture.mean()
    if rng.random() < 0.3:
        picture = picture + _film(rng, picture.shape[0])
    return float32(np.clip(picture, 0, 1))


def _light_from_a_side(rng: Rng, picture: Array) -> Array:
    """Multiply by a slow gradient, and by the soft shadow of something outside of the picture."""
    size = picture.shape[0]
    x, y = grid(size)
    angle = rng.uniform(0, 2 * np.pi)
    ramp = (np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)) * rng.uniform(0.2, 1.2)
    shade = 1.0 + ramp
    if rng.random() < 0.4:
        shade *= 1.0 - rng.uniform(0.2, 0.5) * smoothstep(noise(rng, size, 2.5), 0.0, rng.uniform(0.1, 0.6))
    warm = 1.0 + ramp[..., None] * np.array([0.15, 0.0, -0.2]) * rng.uniform(-1, 1)
    return float32(picture * shade[..., None] * warm)


def _focus(rng: Rng, picture: Array) -> Array:
    """Blur or sharpen, everywhere or beside a band that is in focus."""
    image = to_image(picture)
    if rng.random() < 0.35:
        return from_image(image.filter(ImageFilter.UnsharpMask(2, int(rng.uniform(50, 150)), 0)))
    soft = from_image(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3.0))))
    if rng.random() < 0.5:
        return soft
    distance = np.abs(grid(picture.shape[0])[1] - rng.random())
    return mix(picture, soft, unit(np.minimum(distance * 3, 1)))


def _film(rng: Rng, size: int) -> Array:
    """Draw film grain, in gray or in color."""
    channels = rng.choice((1, 3))
    grain = rng.standard_normal((size, size, channels), dtype=np.float32)
    return grain * rng.uniform(0.01, 0.06)
