"""Grids, dots and chequerboards: power at the periods that a network with poolings of 2 px leaves behind.

A line grid of period p has its power at the frequencies (1/p, 0) and (0, 1/p), a chequerboard at (1/p, 1/p), cycles
per pixel. Two ratios tell of it, both 1 for a picture with the style's own statistics:

* `energy_ratio`, of the power around these frequencies to the style's there. It also grows where the painting merely
  has more detail than the style at that period, which a photograph often has.
* `peak_ratio`, of the power at these frequencies to that of their own neighborhood, and of this to the same in the
  style. Detail of all periods leaves it alone; only a regular pattern raises it.
"""

import numpy as np
import numpy.typing as npt

from tools.compare_networks.measures import QUANTIZATION_NOISE, Array, power_density

PERIODS = (2, 4, 8, 16)
"""Pixels."""

BAND = 0.012
"""Cycles per pixel around a frequency that count as its band."""

PEAK = 0.006
"""Cycles per pixel around a frequency that count as the peak."""

NEIGHBORHOOD = (0.01, 0.03)
"""Nearest and farthest cycles per pixel from a frequency that count as its neighborhood."""


def energy_ratio(image: npt.ArrayLike, style: npt.ArrayLike, period: int) -> float:
    """Divide the mean power around a period's frequencies by the style's there."""
    of_image, of_style = (_mean_power(picture, period, 0, BAND) for picture in (image, style))
    return of_image / of_style


def peak_ratio(image: npt.ArrayLike, style: npt.ArrayLike, period: int) -> float:
    """Divide the height of a period's peaks over their neighborhood by the same in the style."""
    of_image, of_style = (_peak(picture, period) for picture in (image, style))
    return of_image / of_style


def _peak(image: npt.ArrayLike, period: int) -> float:
    return _mean_power(image, period, 0, PEAK) / _mean_power(image, period, *NEIGHBORHOOD)


def _mean_power(image: npt.ArrayLike, period: int, nearest: float, farthest: float) -> float:
    """Average the power, with what rounding adds to it, over rings around a period's frequencies."""
    power, _ = power_density(image)
    distance = _distance(power.shape, period)
    return float(np.mean(power[(distance >= nearest) & (distance <= farthest)]) + QUANTIZATION_NOISE)


def _distance(shape: tuple[int, ...], period: int) -> Array:
    """Return how far each frequency of a spectrum is from the nearest of a period's, cycles per pixel."""
    down, right = np.meshgrid(*(np.abs(np.fft.fftfreq(side)) for side in shape), indexing="ij")
    frequency = 1 / period
    points = ((frequency, 0.0), (0.0, frequency), (frequency, frequency))
    return np.asarray(np.min([np.hypot(down - y, right - x) for y, x in points], axis=0))
