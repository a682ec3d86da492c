"""Read VGG-19's filters from files that Keras or NumPy wrote: `.h5`, `.weights.h5` and `.npz`."""

import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from nst_tf.errors import error_reason
from nst_tf.layer_names import LAYERS, kernel_shape
from nst_tf.weights.network_weights import PARTS, Arrays

LARGEST_ARRAY = 8 * math.prod(kernel_shape(LAYERS[-1]))
"""Bytes of the largest array that is read, in float64."""

_NPY_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""Readers of an array's header, by the version of NumPy's format."""


def read_weights(path: Path) -> Arrays:
    """Read and check a weights file in any of the accepted formats.

    Raises:
        ValueError: If the file is damaged, or does not contain VGG-19's filters.
    """
    try:
        arrays = _read_npz(path) if path.suffix.lower() == ".npz" else _read_h5(path)
    except Exception as error:  # the readers raise all kinds of errors at damaged files
        raise ValueError(
            f"{path} can't be read as VGG-19 weights (.h5, .weights.h5 or .npz): {error_reason(error)}"
        ) from error
    _check_arrays(path, arrays)
    return arrays


def _read_npz(path: Path) -> Arrays:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        names = [f"{layer}/{part}" for layer in LAYERS for part in PARTS]
        present = [name for name in names if name in file.files]
        for name in present:
            with file.zip.open(name if name in file.zip.namelist() else f"{name}.npy") as member:
                version = np.lib.format.read_magic(member)
                shape, _, kind = _NPY_HEADERS[version](member)
                _refuse_giant(name, shape, kind)
        return {name: file[name].astype(np.float32) for name in present}


def _refuse_giant(name: str, shape: tuple[int, ...], kind: np.dtype[Any]) -> None:
    """Refuse an array that is larger than any layer's, by its header, as a few bytes can claim gigabytes."""
    if math.prod(shape) * kind.itemsize > LARGEST_ARRAY:
        raise ValueError(f"{name} has the shape {shape} in {kind}, which is more than any layer of VGG-19")


def _read_h5(path: Path) -> Arrays:
    arrays: dict[str, npt.NDArray[np.float32]] = {}
    with h5py.File(path, "r", locking=False) as file:  # it is only read, and some file systems do not support locks
        model = file.get("model_weights", file)  # a saved model may contain an optimizer's moments, too

        def keep(location: str, item: h5py.Group | h5py.Dataset) -> None:
            """Take the arrays of VGG-19's convolutions."""
            layer = _layer_at(model, location)
            if layer and isinstance(item, h5py.Dataset):
                name = f"{layer}/{'kernel' if item.ndim == 4 else 'bias'}"
                if name in arrays:
                    raise ValueError(f"it holds {name} twice")
                _refuse_giant(name, item.shape, item.dtype)
                arrays[name] = np.asarray(item, np.float32)

        model.visititems(keep)
    return arrays


def _layer_at(model: h5py.Group, location: str) -> str | None:
    """Return the convolution that a dataset belongs to, by its groups' names or the attribute of Keras 3."""
    *groups, _ = location.split("/")
    attribute = model[location].parent.attrs.get("name")
    return next((name for name in (*groups, attribute) if name in LAYERS), None)


def _check_arrays(path: Path, arrays: Arrays) -> None:
    """Raise `ValueError` unless the arrays are those of VGG-19 up to some layer, and finite."""
    present = [layer for layer in LAYERS if f"{layer}/kernel" in arrays]
    if not present or present != list(LAYERS[: len(present)]):
        gap = next(layer for layer in LAYERS if layer not in present)
        raise ValueError(f"{path} is not a VGG-19 weights file: it has no filters named {gap}.")
    for layer in present:
        kernel, bias = arrays[f"{layer}/kernel"], arrays.get(f"{layer}/bias")
        shape = kernel_shape(layer)
        if kernel.shape != shape or bias is None or bias.shape != shape[-1:]:
            raise ValueError(f"{path} is not VGG-19's: {layer} needs filters {shape} and a bias, has {kernel.shape}.")
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise ValueError(f"{path} is damaged: {layer} has filters that are not finite; get the file again.")
