"""Convert a checkpoint to plain kernels and biases. Needs only NumPy.

Weights are a flat dict: `block1_conv1/kernel` `(3, 3, in, out)` and `block1_conv1/bias` `(out,)`, for the input that
`keras.applications.vgg19.preprocess_input` makes. Quantized weights have int8 kernels and also
`block1_conv1/scale` `(out,)`.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tools.train_builtin.arrays import Arrays, read, write

PART_BYTES = 15 * 10**6
_LEVELS = 127


def fold_batch_norm(checkpoint: Arrays, *, epsilon: float, input_scale: float) -> Arrays:
    """Fold every batch normalization into the convolution before it, and the input's scale into the first.

    The normalization `gamma (x - mean) / sqrt(variance + epsilon) + beta` of `x = kernel * input` is a
    convolution again: its kernel is `s kernel`, its bias `beta - s mean`, with `s = gamma / sqrt(...)`.

    Args:
        checkpoint: Arrays named like the variables of the training.
        epsilon: Epsilon of the normalization.
        input_scale: Divisor of the preprocessed input in training.

    Returns:
        float32 weights of the plain network, layers in order.
    """
    # The heads have kernels, too, but no normalization.
    names = [name for name in layer_names(checkpoint) if f"{name}_norm/gamma" in checkpoint]
    weights: Arrays = {}
    for name in names:
        gamma, beta, mean, variance = (
            checkpoint[f"{name}_norm/{key}"].astype(np.float64)
            for key in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        scale = gamma / np.sqrt(variance + epsilon)
        weights[f"{name}/kernel"] = (checkpoint[f"{name}/kernel"] * scale).astype(np.float32)
        weights[f"{name}/bias"] = (beta - scale * mean).astype(np.float32)
    weights[f"{names[0]}/kernel"] /= np.float32(input_scale)
    return weights


def layer_names(weights: Arrays) -> list[str]:
    """List the layers of a network, first to last."""
    return sorted(name.removesuffix("/kernel") for name in weights if name.endswith("/kernel"))


def rescale(weights: Arrays, scales: Arrays) -> Arrays:
    """Multiply every filter's activation by a positive scale, and divide the next kernel's inputs by it.

    ReLU and average pooling commute with a positive factor, so that later layers see no change.

    Args:
        weights: Plain float weights.
        scales: Factors `(out,)` by layer name.

    Returns:
        New weights.
    """
    result: Arrays = {}
    before: np.ndarray | None = None
    for name in layer_names(weights):
        kernel = weights[f"{name}/kernel"]
        if before is not None:
            kernel = kernel / before[:, None]
        result[f"{name}/kernel"] = (kernel * scales[name]).astype(np.float32)
        result[f"{name}/bias"] = (weights[f"{name}/bias"] * scales[name]).astype(np.float32)
        before = scales[name]
    return result


def quantize(weights: Arrays) -> Arrays:
    """Round kernels to 8 bits, symmetrically, with one scale per filter; biases stay float32."""
    result: Arrays = {}
    for name in layer_names(weights):
        kernel = weights[f"{name}/kernel"].astype(np.float32)
        scale = np.maximum(np.abs(kernel).max((0, 1, 2)) / _LEVELS, np.finfo(np.float32).tiny)
        result[f"{name}/kernel"] = np.rint(kernel / scale).astype(np.int8)
        result[f"{name}/scale"] = scale.astype(np.float32)
        result[f"{name}/bias"] = weights[f"{name}/bias"].astype(np.float32)
    return result


def dequantize(weights: Arrays) -> Arrays:
    """Return float32 kernels and biases, however the weights are stored."""
    result: Arrays = {}
    for name in layer_names(weights):
        scale = weights.get(f"{name}/scale", np.float32(1))
        result[f"{name}/kernel"] = weights[f"{name}/kernel"].astype(np.float32) * scale
        result[f"{name}/bias"] = weights[f"{name}/bias"].astype(np.float32)
    return result


def cast(weights: Arrays, dtype: str) -> Arrays:
    """Convert all arrays to `float16` or `float32`."""
    return {name: array.astype(dtype) for name, array in weights.items()}


def write_parts(weights: Arrays, path: Path, *, limit: int = PART_BYTES) -> list[Path]:
    """Write one file, or several of at most `limit` bytes, numbered `name.0.npz`, `name.1.npz` and so on.

    Returns:
        The files.
    """
    parts: list[Arrays] = [{}]
    for name, array in weights.items():
        if parts[-1] and sum(a.nbytes for a in parts[-1].values()) + array.nbytes > limit:
            parts.append({})
        parts[-1][name] = array
    paths = [path] if len(parts) == 1 else [path.with_suffix(f".{n}.npz") for n in range(len(parts))]
    for part, target in zip(parts, paths, strict=True):
        write(target, part)
    return paths


def join_parts(paths: Iterable[Path]) -> Arrays:
    """Read weights from the files of `write_parts`, in any order."""
    merged: Arrays = {}
    for path in paths:
        merged |= read(path)
    return {name: merged[name] for name in sorted(merged)}
