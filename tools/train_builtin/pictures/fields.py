"""Scalar and vector fields on the square: noise, coordinates, warping and shading.

Fields are float32 `(S, S)`; pictures are float32 `(S, S, 3)` in RGB, nominally [0, 1] (the corpus clips them at the
end).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.int32]
Rng = np.random.Generator


def float32(values: npt.ArrayLike) -> Array:
    """Convert to float32."""
    return np.asarray(values, np.float32)


def grid(size: int) -> tuple[Array, Array]:
    """Return pixel coordinates `x`, `y` in [0, 1), each `(S, S)`."""
    line = np.arange(size, dtype=np.float32) / size
    x, y = np.meshgrid(line, line)
    return float32(x), float32(y)


def noise(rng: Rng, size: int, exponent: float, *, stretch: float = 1.0, angle: float = 0.0) -> Array:
    """Draw Gaussian noise whose amplitude spectrum falls as `1 / frequency ** exponent`.

    Args:
        rng: Source of randomness.
        size: Side in pixels.
        exponent: 0 is white, 1 resembles photographs, 2 is cloudy.
        stretch: Below one, the noise is elongated across `angle`.
        angle: Direction of the elongation, radians.

    Returns:
        `(S, S)` with mean 0 and standard deviation 1; it tiles.
    """
    fx = np.fft.rfftfreq(size).astype(np.float32)[None, :]
    fy = np.fft.fftfreq(size).astype(np.float32)[:, None]
    along = np.cos(angle) * fx + np.sin(angle) * fy
    across = (np.cos(angle) * fy - np.sin(angle) * fx) / stretch
    radius = np.hypot(along, across).astype(np.float32)
    radius[0, 0] = 1.0
    waves = rng.standard_normal((2, *radius.shape), dtype=np.float32) * radius**-exponent
    waves[:, 0, 0] = 0.0
    return standardize(np.fft.irfft2(waves[0] + 1j * waves[1], s=(size, size)))


def standardize(field: Array) -> Array:
    """Shift and scale to mean 0 and standard deviation 1."""
    return float32((field - field.mean()) / (field.std() + 1e-6))


def unit(field: Array) -> Array:
    """Shift and scale to span [0, 1]."""
    low, high = field.min(), field.max()
    return float32((field - low) / (high - low + 1e-6))


def smoothstep(field: Array, low: float, high: float) -> Array:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((field - low) / (high - low), 0.0, 1.0)
    return float32(t * t * (3.0 - 2.0 * t))


def mix(under: Array, over: Array, mask: Array) -> Array:
    """Composite one picture over another where a mask `(S, S)` is 1; either may be a single color."""
    return float32(under + (over - under) * mask[..., None])


def grained(rng: Rng, picture: Array, exponent: float, strength: float) -> Array:
    """Add gray noise of that standard deviation to a picture."""
    return float32(picture + noise(rng, picture.shape[0], exponent)[..., None] * strength)


def ridges(rng: Rng, size: int, *, octaves: int = 4) -> Array:
    """Add octaves of `1 - |noise|`: creases, bark, mountain ranges. `(S, S)` in [0, 1]."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        total += (1.0 - np.abs(noise(rng, size, 2.4 - 0.5 * octave))) * 0.6**octave
    return unit(total)


def sample(picture: Array, x: Array, y: Array) -> Array:
    """Sample a picture or field at pixel positions, bilinearly, wrapping around at the borders."""
    size = picture.shape[0]
    x0, y0 = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    fx, fy = x - x0, y - y0
    if picture.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    left, right = x0 % size, (x0 + 1) % size
    top, bottom = y0 % size, (y0 + 1) % size
    upper = picture[top, left] * (1 - fx) + picture[top, right] * fx
    lower = picture[bottom, left] * (1 - fx) + picture[bottom, right] * fx
    return float32(upper * (1 - fy) + lower * fy)


def warp(picture: Array, shift_x: Array, shift_y: Array) -> Array:
    """Warp a picture by a field of shifts in pixels."""
    y, x = np.indices(picture.shape[:2], dtype=np.float32)
    return sample(picture, x + shift_x, y + shift_y)


def smear(field: Array, angle: Array, *, length: float) -> Array:
    """Average a field along the streamlines of a direction field (line integral convolution).

    Each round doubles the length of the average: the second half is the first half, read at its end.

    Args:
        field: `(S, S)` or `(S, S, 3)`; white noise becomes bristles, a picture becomes wet paint.
        angle: Direction of the flow, radians, `(S, S)`.
        length: Pixels to average over, at least one.

    Returns:
        The smeared field, of the same shape.
    """
    rounds = max(1, round(np.log2(length)))
    shift = np.stack([np.cos(angle), np.sin(angle)], -1) * (length / 2**rounds)
    for _ in range(rounds):
        ahead = _index(shift)
        field = (field + _read(field, ahead)) / 2
        shift = shift + _read(shift, ahead)
    return field


def _index(shift: Array) -> IntArray:
    """Return the flat indices of the pixels that shifts `(S, S, 2)`, as x, y, lead to, wrapping around."""
    size = shift.shape[0]
    line = np.arange(size, dtype=np.int32)
    moved = np.rint(shift).astype(np.int32)
    row, column = (line[:, None] + moved[..., 1]) % size, (line + moved[..., 0]) % size
    return np.asarray(row * size + column, np.int32)


def _read(field: Array, index: IntArray) -> Array:
    """Read a field at flat indices."""
    return field.reshape(-1, *field.shape[2:]).take(index, axis=0)


def relief(height: Array, *, azimuth: float, strength: float) -> Array:
    """Shade a height field lit from one side.

    Args:
        height: `(S, S)`, in pixels.
        azimuth: Direction of the light, radians.
        strength: 0 is flat; 1 shades true to the slopes.

    Returns:
        Brightness factor around 1, `(S, S)`, within [0.3, 1.7].
    """
    slope_y, slope_x = np.gradient(height)
    slope = np.cos(azimuth) * slope_x + np.sin(azimuth) * slope_y
    shade = slope / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    return float32(np.clip(1.0 + strength * shade, 0.3, 1.7))


def swirls(rng: Rng, size: int) -> Array:
    """Draw a direction field, radians: smooth noise, with eddies in about half of the cases."""
    angle = noise(rng, size, rng.uniform(1.6, 2.6)) * rng.uniform(0.2, 1.6) + rng.uniform(0, 2 * np.pi)
    if rng.random() < 0.5:
        return angle
    x, y = grid(size)
    flow_x, flow_y = np.cos(angle), np.sin(angle)
    for center_x, center_y in rng.uniform(0, 1, (rng.integers(1, 6), 2)):
        dx, dy = x - center_x, y - center_y
        pull = rng.choice((-6.0, 6.0)) * np.exp(-(dx**2 + dy**2) / rng.uniform(0.01, 0.06))
        flow_x, flow_y = flow_x - dy * pull * 4, flow_y + dx * pull * 4
    return float32(np.arctan2(flow_y, flow_x))
