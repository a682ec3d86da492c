"""Distances between the features of two pictures, independent of position: Gaussians, Gram matrices, patches.

Features are `(positions, channels)`, float64. Distances are shares of the second picture's own energy, so that layers
and networks of any scale can be averaged.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

PATCH = 3
"""Features per side of a patch."""

GRID = 32
"""Most patches per side of the sampled grid: 1,024 in all."""


class Gaussian(NamedTuple):
    """The first two moments of features.

    Attributes:
        mean: `(C,)`.
        covariance: `(C, C)`.
    """

    mean: Array
    covariance: Array

    @property
    def gram(self) -> Array:
        """The Gram matrix per position, the paper's `G / M`: `(C, C)`."""
        return self.covariance + np.outer(self.mean, self.mean)


def gaussian(features: npt.ArrayLike) -> Gaussian:
    """Fit a Gaussian to features, `(positions, C)`."""
    values = np.asarray(features, np.float64)
    mean = values.mean(axis=0)
    centered = values - mean
    return Gaussian(mean, np.asarray(centered.T @ centered / len(values)))


def gaussian_distance(first: Gaussian, second: Gaussian) -> float:
    """Return the squared Wasserstein distance of order 2 between two Gaussians, as a share of the second's energy.

    `|m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2)`, whose last part is the Bures distance between the
    covariances, divided by `|m2|^2 + tr S2`.
    """
    root = _root(second.covariance)
    shared = np.linalg.eigvalsh(root @ first.covariance @ root)
    bures = np.trace(first.covariance) + np.trace(second.covariance) - 2 * np.sqrt(np.maximum(shared, 0)).sum()
    moved = np.sum(np.square(first.mean - second.mean)) + max(float(bures), 0.0)
    return float(moved / np.trace(second.gram))


def _root(covariance: Array) -> Array:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)


def gram_distance(first: Gaussian, second: Gaussian) -> float:
    """Return the squared distance between Gram matrices per position, as a share of the second's squared norm."""
    return float(np.sum(np.square(first.gram - second.gram)) / np.sum(np.square(second.gram)))


def patches(features: npt.ArrayLike, *, offset: float = 0.5) -> Array:
    """Cut patches of 3x3 features at the points of a fixed grid.

    Args:
        features: `(H, W, C)`, at least 3 a side.
        offset: Where in its cell of the grid each patch lies, 0 to below 1.

    Returns:
        `(at most 1024, 9 C)`.
    """
    values = np.asarray(features, np.float64)
    rows, columns = (_grid(side - PATCH + 1, offset) for side in values.shape[:2])
    windows = np.lib.stride_tricks.sliding_window_view(values, (PATCH, PATCH), axis=(0, 1))
    return windows[np.ix_(rows, columns)].reshape(len(rows) * len(columns), -1)


def _grid(places: int, offset: float) -> npt.NDArray[np.int64]:
    points = min(GRID, places)
    return ((np.arange(points) + offset) * places / points).astype(np.int64)


def coverage(image: Array, style: Array) -> float:
    """Return the share of the style's patches that are the nearest neighbor of some patch of an image.

    Neighbors are nearest by cosine, after the style's mean patch is subtracted from both.

    Args:
        image: `(patches, n)`.
        style: `(patches, n)`.
    """
    mean = style.mean(axis=0)
    nearest = np.argmax(_unit(image - mean) @ _unit(style - mean).T, axis=1)
    return len(np.unique(nearest)) / len(style)


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))
