"""How much of a photograph a painting preserves, position by position."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from tools.compare_networks.measures import Array, luminance, structural_similarity

GRID = 32
"""Most cells per side of the grid on which positions are compared with each other: 1,024 in all."""

TEMPERATURE = 0.1
"""Temperature of the softmax over cosines: each position then resembles a few others, not all and not only itself."""


def self_similarity(features: npt.ArrayLike) -> Array:
    """Describe which positions of a picture resemble which others.

    Unlike StyleID (Chung et al. 2024), whose softmax is over inner products divided by `C^2` and so depends on the
    scale of the filters, this one is over cosines.

    Args:
        features: `(H, W, C)`; averaged over the cells of a fixed grid first.

    Returns:
        `(cells, cells)`: log-probabilities in each row.
    """
    cells = pooled(features, GRID)
    columns = cells.reshape(-1, cells.shape[-1])
    unit = columns / np.maximum(np.linalg.norm(columns, axis=1, keepdims=True), 1e-12)
    logits = unit @ unit.T / TEMPERATURE
    logits = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))


def self_similarity_distance(image: Array, photograph: Array) -> float:
    """Average the Kullback-Leibler divergence of the image's rows from the photograph's over all positions, nats."""
    return float(np.mean(np.sum(np.exp(photograph) * (photograph - image), axis=1)))


def pooled(features: npt.ArrayLike, grid: int) -> Array:
    """Average features over the cells of a grid: `(H, W, C)` to `(at most grid, at most grid, C)`."""
    values = np.asarray(features, np.float64)
    for axis in (0, 1):
        side = values.shape[axis]
        edges = np.arange(min(grid, side) + 1) * side // min(grid, side)
        sizes = np.diff(edges).reshape([-1 if each == axis else 1 for each in range(3)])
        values = np.add.reduceat(values, edges[:-1], axis=axis) / sizes
    return values


def cosine_distance(image: npt.ArrayLike, photograph: npt.ArrayLike) -> float:
    """Return 1 minus the mean cosine of features at equal positions, `(H, W, C)` each; zero features have cosine 0."""
    x, y = np.asarray(image, np.float64), np.asarray(photograph, np.float64)
    norms = np.linalg.norm(x, axis=-1) * np.linalg.norm(y, axis=-1)
    cosines = np.divide(np.sum(x * y, axis=-1), norms, out=np.zeros_like(norms), where=norms > 0)
    return float(1 - np.mean(cosines))


def edges(image: npt.ArrayLike) -> Array:
    """Return the gradient magnitude of luminance, blurred by 1 px: `(H, W)`, 1 at a step from black to white."""
    values = luminance(image)
    down, right = (ndimage.gaussian_filter(values, 1.0, order=order) for order in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(down, right) * np.sqrt(2 * np.pi))


def edge_similarity(image: Array, photograph: Array) -> float:
    """Compare edges position by position (SSIM): 1 for equal ones, about 0 for unrelated ones."""
    return structural_similarity(*(np.repeat(each[..., None], 3, axis=-1) for each in (image, photograph)))
