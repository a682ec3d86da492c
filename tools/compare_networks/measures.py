"""Distances between two pictures, by measures that use no network.

A picture is `(H, W, 3)`, sRGB-encoded RGB in [0, 1]. A descriptor describes a whole picture independently of its size,
so that pictures of different sizes can be compared; only `structural_similarity` needs equal sizes. Brightness is
always `luminance` of the encoded values, which are perceptually more uniform than linear light.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.signal import windows

Array = npt.NDArray[np.float64]

QUANTIZATION_NOISE = 1 / 255**2 / 12
"""Variance that rounding to 8 bits adds to a picture; power below it is meaningless."""

BAND_EDGES = 2.0 ** np.arange(-7, -0.25, 0.5)
"""Edges of the half-octave bands, cycles per pixel; the last, sqrt(1/2), is the checkerboard's frequency."""

HALF_NYQUIST = 0.25
"""Cycles per pixel above which a frequency counts as high."""

QUANTILES = (np.arange(512) + 0.5) / 512
ORIENTATION_BINS = 36
ORIENTATION_SCALES = (1.0, 2.0, 4.0)
"""Standard deviations of the Gaussian derivative filters, pixels."""
LARGEST_LAG = 8
"""Largest displacement, pixels."""


class Measure(NamedTuple):
    """A distance between two pictures: 0 for equal ones, smaller is closer.

    Attributes:
        name: Name in tables.
        unit: Unit of the distance.
        describe: Computes the descriptor of a picture.
        distance: Computes the distance of two descriptors.
    """

    name: str
    unit: str
    describe: Callable[[npt.ArrayLike], Array]
    distance: Callable[[Array, Array], float]


def luminance(image: npt.ArrayLike) -> Array:
    """Weight red, green and blue as Rec. 709 does: `(H, W, 3)` to `(H, W)` in [0, 1]."""
    return np.asarray(np.asarray(image, np.float64) @ (0.2126, 0.7152, 0.0722))


def power_density(image: npt.ArrayLike) -> tuple[Array, Array]:
    """Estimate the power of luminance per frequency, with a Hann window so that borders don't count as edges.

    Returns:
        Power, `(H, W)`, which for white noise of variance v is v everywhere, whatever the picture's size; and radial
        frequency, `(H, W)`, cycles per pixel.
    """
    values = luminance(image)
    window = np.outer(*(windows.hann(side, sym=False) for side in values.shape))
    centered = (values - np.sum(window * values) / np.sum(window)) * window
    power = np.abs(np.fft.fft2(centered)) ** 2 / np.sum(window**2)
    frequency = np.hypot(*np.meshgrid(*(np.fft.fftfreq(side) for side in values.shape), indexing="ij"))
    return power, frequency


def radial_spectrum(image: npt.ArrayLike) -> Array:
    """Average power over all directions, band by band.

    Returns:
        Decibels, one per band of `BAND_EDGES`; NaN where the picture is too small for the band.
    """
    power, frequency = power_density(image)
    band = np.digitize(frequency, BAND_EDGES[:-1]).ravel()
    count = np.bincount(band, minlength=len(BAND_EDGES))[1:]
    total = np.bincount(band, power.ravel(), minlength=len(BAND_EDGES))[1:]
    mean = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return np.asarray(10 * np.log10(mean + QUANTIZATION_NOISE))


def spectrum_distance(first: Array, second: Array) -> float:
    """Average the absolute difference over the bands that both pictures have, decibels."""
    return float(np.nanmean(np.abs(first - second)))


def color_distribution(image: npt.ArrayLike) -> Array:
    """Describe the colors by their distribution along several directions in RGB.

    Returns:
        Quantiles, `(16, 512)`: red, green, blue, then 13 fixed directions.
    """
    colors = np.asarray(image, np.float64).reshape(-1, 3)
    return np.asarray(np.quantile(colors @ _color_directions().T, QUANTILES, axis=0).T)


def color_distance(first: Array, second: Array) -> float:
    """Average the earth mover's distance over the directions (sliced Wasserstein distance), in units of [0, 1].

    In one dimension it is the mean difference between equal quantiles.
    """
    return float(np.mean(np.abs(first - second)))


def _color_directions() -> Array:
    directions = np.random.default_rng(0).standard_normal((13, 3))
    return np.concatenate([np.eye(3), directions / np.linalg.norm(directions, axis=1, keepdims=True)])


def orientation_histogram(image: npt.ArrayLike) -> Array:
    """Describe the orientations of edges at several scales, weighted by gradient magnitude.

    Returns:
        Share of the gradient magnitude per orientation, `(3, 36)`; angles modulo 180 degrees, as dark to bright and
        bright to dark are the same edge. In a flat picture all orientations have the same share.
    """
    values = luminance(image)
    return np.stack([_orientations(values, scale) for scale in ORIENTATION_SCALES])


def _orientations(values: Array, scale: float) -> Array:
    down, right = (ndimage.gaussian_filter(values, scale, order=order) for order in ((1, 0), (0, 1)))
    magnitude = np.hypot(down, right).ravel()
    place = (np.arctan2(down, right).ravel() / np.pi * ORIENTATION_BINS) % ORIENTATION_BINS
    low = np.floor(place)
    bins, above = low.astype(int) % ORIENTATION_BINS, place - low
    histogram = np.bincount(bins, magnitude * (1 - above), ORIENTATION_BINS)
    histogram = histogram + np.bincount((bins + 1) % ORIENTATION_BINS, magnitude * above, ORIENTATION_BINS)
    share = histogram + 1e-6 * values.size / ORIENTATION_BINS
    return np.asarray(share / share.sum())


def orientation_distance(first: Array, second: Array) -> float:
    """Average the circular earth mover's distance over the scales: how many degrees edges must turn, at most 90.

    On a circle it is the mean absolute deviation of the differences between cumulative shares from their median
    (Rabin, Delon and Gousseau 2011).
    """
    ahead = np.cumsum(first - second, axis=1)
    moved = np.abs(ahead - np.median(ahead, axis=1, keepdims=True)).sum(axis=1)
    return float(np.mean(moved) * 180 / ORIENTATION_BINS)


def autocorrelation(image: npt.ArrayLike) -> Array:
    """Compute the autocorrelation of luminance at displacements of up to 8 pixels.

    Returns:
        `(17, 9)`: rows are displacements of -8 to 8 downward, columns of 0 to 8 to the right (the other half is the
        mirror image); 1 at zero displacement, 0 everywhere for a flat picture.
    """
    values = luminance(image)
    values = values - values.mean()
    padded = [side + LARGEST_LAG for side in values.shape]
    products = np.fft.irfft2(np.abs(np.fft.rfft2(values, padded)) ** 2, padded)
    down, right = np.arange(-LARGEST_LAG, LARGEST_LAG + 1), np.arange(LARGEST_LAG + 1)
    pairs = np.outer(values.shape[0] - np.abs(down), values.shape[1] - right)
    return np.asarray(products[np.ix_(down, right)] / pairs / max(values.var(), QUANTIZATION_NOISE))


def autocorrelation_distance(first: Array, second: Array) -> float:
    """Return the root mean square of the difference over all displacements."""
    return float(np.sqrt(np.mean(np.square(first - second))))


DISTANCES = (
    Measure("spectrum", "dB", radial_spectrum, spectrum_distance),
    Measure("color", "0 to 1", color_distribution, color_distance),
    Measure("orientation", "degrees", orientation_histogram, orientation_distance),
    Measure("autocorrelation", "RMS", autocorrelation, autocorrelation_distance),
)


def distances(image: npt.ArrayLike, source: npt.ArrayLike) -> dict[str, float]:
    """Compute all of `DISTANCES` between a picture and its source, by name."""
    return {m.name: m.distance(m.describe(image), m.describe(source)) for m in DISTANCES}


def high_frequency_ratio(image: npt.ArrayLike, source: npt.ArrayLike) -> float:
    """Divide the power above half the Nyquist frequency by the source's: above 1 is noise, below 1 is blur."""
    of_image, of_source = (_high_frequency_power(picture) for picture in (image, source))
    return of_image / of_source


def _high_frequency_power(image: npt.ArrayLike) -> float:
    power, frequency = power_density(image)
    return float(np.mean(power[frequency > HALF_NYQUIST]) + QUANTIZATION_NOISE)


def structural_similarity(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Compare the luminance of two pictures of equal size position by position (SSIM; Wang et al. 2004, Eq. 13).

    The Gaussian window has 11x11 pixels and a standard deviation of 1.5, as in the paper; positions where it leaves
    the picture don't count.

    Returns:
        1 for equal pictures, about 0 for unrelated ones.

    Raises:
        ValueError: If the sizes differ, or are below 11 pixels.
    """
    x, y = luminance(first), luminance(second)
    if x.shape != y.shape or min(x.shape) < 11:
        raise ValueError(f"two pictures of equal size, at least 11x11 px, are needed; got {x.shape} and {y.shape}")
    mean_x, mean_y = _windowed(x), _windowed(y)
    variances = _windowed(x * x) - mean_x**2 + _windowed(y * y) - mean_y**2
    covariance = _windowed(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity /= (mean_x**2 + mean_y**2 + c1) * (variances + c2)
    return float(np.mean(similarity))


def _windowed(values: Array) -> Array:
    return np.asarray(ndimage.gaussian_filter(values, 1.5, radius=5)[5:-5, 5:-5])
