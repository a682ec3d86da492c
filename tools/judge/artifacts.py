"""Grids, checkerboards and specks: artifacts that neither the style nor the photograph has.

A network that pools by 2 px leaves patterns with periods of 2, 4, 8 and 16 px. A line grid of period p has its power at
the frequencies (1/p, 0) and (0, 1/p), a checkerboard at (1/p, 1/p), cycles per pixel. `band_power` is the power around
these frequencies. It also grows with any detail of that size, of which a photograph often has more than a style, so it
indicates an artifact only where it exceeds both. `peak` compares the power with that of the neighboring frequencies:
detail leaves it at about 1, only a regular pattern raises it.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from tools.compare_networks.measures import QUANTIZATION_NOISE, Array
from tools.judge.oklab import oklab

PERIODS = (2, 4, 8, 16)
"""Pixels."""

BAND = 0.012
"""Radius of the band around a frequency, cycles per pixel."""

PEAK = 0.006
"""Radius of the peak around a frequency, cycles per pixel."""

NEIGHBORHOOD = (0.01, 0.03)
"""Inner and outer radius of the neighborhood of a frequency, cycles per pixel."""

COARSEST = 0.75 / PEAK
"""Shorter side, in pixels, below which a picture's frequencies are so far apart that all of these radii grow."""

SURROUNDINGS = 2.0
"""Standard deviation of the Gaussian window around a speck, pixels."""

VISIBLE = 0.01
"""Smallest visible difference in OkLab on a uniform background."""


def band_power(power: Array, period: int) -> float:
    """Average the power of a picture around a period's frequencies.

    Args:
        power: Power from `power_density`, `(H, W)`.
        period: Pixels.

    Returns:
        The variance of white noise of equal power; never below that of rounding to 8 bits.
    """
    return _ring_power(power, period, 0, BAND)


def peak(power: Array, period: int) -> float:
    """Divide the power at a period's frequencies by that around them; about 1 unless there is a regular pattern.

    By chance it is up to 1.5 at 512 px and up to 3 at 256 px, where few frequencies are near enough.
    """
    return _ring_power(power, period, 0, PEAK) / _ring_power(power, period, *NEIGHBORHOOD)


def _ring_power(power: Array, period: int, nearest: float, farthest: float) -> float:
    distance = _distance(power.shape, period) / max(1.0, COARSEST / min(power.shape))
    return float(np.mean(power[(distance >= nearest) & (distance <= farthest)]) + QUANTIZATION_NOISE)


def _distance(shape: tuple[int, ...], period: int) -> Array:
    """Return the distance from each frequency of a spectrum to the nearest one of a period, cycles per pixel."""
    down, right = np.meshgrid(*(np.abs(np.fft.fftfreq(side)) for side in shape), indexing="ij")
    frequency = 1 / period
    points = ((frequency, 0.0), (0.0, frequency), (frequency, frequency))
    return np.asarray(np.min([np.hypot(down - y, right - x) for y, x in points], axis=0))


def specks(image: npt.ArrayLike) -> float:
    """Measure how much the color of single pixels stands out from their surroundings, such as colored dots in a sky.

    It is the mean square of what a 3x3 median filter removes on OkLab's two color axes, divided by the local variance,
    so that a dot on a uniform background counts more than one among strokes.
    """
    colors = oklab(image)
    smooth = np.stack([ndimage.median_filter(colors[..., axis], 3) for axis in range(3)], axis=-1)
    sigma = (SURROUNDINGS, SURROUNDINGS, 0)
    mean, mean_square = (ndimage.gaussian_filter(values, sigma) for values in (smooth, smooth**2))
    variance = np.maximum(mean_square - mean**2, 0).sum(axis=-1)
    residue = np.square(colors - smooth)[..., 1:].sum(axis=-1)
    return float(np.mean(residue / (variance + VISIBLE**2)))
