"""OkLab, a perceptually uniform color space (Ottosson 2020, https://bottosson.github.io/posts/oklab)."""

import numpy as np
import numpy.typing as npt

from tools.compare_networks.measures import Array, color_distribution

TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
"""From linear sRGB."""

TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
"""From the cube roots of the cone responses."""


def oklab(image: npt.ArrayLike) -> Array:
    """Convert sRGB-encoded RGB in [0, 1], `(..., 3)`, to lightness in [0, 1], green-red and blue-yellow."""
    encoded = np.asarray(image, np.float64)
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ TO_CONES.T) @ TO_LAB.T)


def palette(image: npt.ArrayLike) -> Array:
    """Describe the distribution of a picture's colors along several directions in OkLab.

    Returns:
        Quantiles, `(16, 512)`; `color_distance` of two of them is the sliced Wasserstein distance of order 1.
    """
    return color_distribution(oklab(image))
