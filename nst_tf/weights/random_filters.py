"""Random but smooth filters of VGG-19: what the architecture alone can paint, for tests and teaching.

Independent random filters respond to noise and paint noise. These are random mixtures of the nine 3x3 cosine basis
functions that favor low frequencies, orthogonal to each other within a layer, and without a mean beyond the first
layer, so that later layers respond to structure rather than to brightness.
"""

import numpy as np
import numpy.typing as npt

from nst_tf.layer_names import LAYERS, kernel_shape

_FREQUENCY_FALLOFF = 1.5


def smooth_random_arrays(seed: int) -> dict[str, npt.NDArray[np.float32]]:
    """Return filters and biases of all sixteen convolutions; the same seed gives the same arrays.

    The first layer's filters are scaled for Keras' preprocessing (0 to 255 minus the mean), the others as He et al.
    (2015) do, so that activations are of the order of one throughout.
    """
    arrays = {}
    for layer, child in zip(LAYERS, np.random.SeedSequence(seed).spawn(len(LAYERS)), strict=True):
        kernel = smooth_kernel(kernel_shape(layer), np.random.default_rng(child), keep_mean=layer == LAYERS[0])
        arrays[f"{layer}/kernel"] = (kernel / 58 if layer == LAYERS[0] else kernel).astype(np.float32)
        arrays[f"{layer}/bias"] = np.zeros(kernel.shape[-1], np.float32)
    return arrays


def smooth_kernel(
    shape: tuple[int, int, int, int], generator: np.random.Generator, *, keep_mean: bool
) -> npt.NDArray[np.float64]:
    """Return one layer's filters, `(3, 3, C in, C out)`, with the variance of He et al. (2015).

    Args:
        shape: Shape of the kernel.
        generator: Source of randomness.
        keep_mean: Whether filters may have a mean, and so respond to brightness.
    """
    _, _, before, channels = shape
    basis, gains = _cosine_basis()
    if not keep_mean:
        basis, gains = basis[1:], gains[1:]
    mixture = _orthogonal(generator, len(basis) * before, channels)
    mixture = mixture.reshape(len(basis), before, channels) * gains[:, None, None]
    mixture *= np.sqrt(2 * channels / np.sum(np.square(mixture)))
    return np.asarray(np.einsum("fhw,fic->hwic", basis, mixture))


def _orthogonal(generator: np.random.Generator, rows: int, columns: int) -> npt.NDArray[np.float64]:
    """Return a random matrix whose columns, or rows if there are fewer, are orthonormal."""
    tall = generator.standard_normal((max(rows, columns), min(rows, columns)))
    orthonormal = np.linalg.qr(tall).Q
    return np.asarray(orthonormal if rows >= columns else orthonormal.T)


def _cosine_basis() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the nine orthonormal basis functions `(9, 3, 3)`, the constant one first, and a gain for each."""
    position, frequency = np.arange(3) + 0.5, np.arange(3)
    waves = np.cos(np.pi * np.outer(frequency, position) / 3)
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    basis = np.einsum("uh,vw->uvhw", waves, waves).reshape(9, 3, 3)
    gains = (1.0 + np.add.outer(frequency, frequency).ravel()) ** -_FREQUENCY_FALLOFF
    return basis, gains
