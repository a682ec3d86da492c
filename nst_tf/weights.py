"""Where VGG-19's filters come from: Keras' ImageNet file, the built-in network, a seeded random one, or a file.

Whatever the source, the result is a `NetworkWeights`: arrays by name, in Keras' layout and for Keras' usual VGG-19
preprocessing.
"""

import functools
import hashlib
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from nst_tf import builtin, imagenet
from nst_tf.config import WEIGHTS
from nst_tf.files import told
from nst_tf.imagenet import MissingWeightsError
from nst_tf.layers import LAYERS, kernel_shape
from nst_tf.random_network import smooth_random_arrays

Arrays = Mapping[str, npt.NDArray[np.float32]]

PARTS = ("kernel", "bias")
"""What a convolution is made of."""

LARGEST_ARRAY = 8 * math.prod(kernel_shape(LAYERS[-1]))
"""Bytes of the largest array that is read, in float64."""

_NPY_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""Version of NumPy's format to what reads its header."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkWeights:
    """Filters and biases of VGG-19's convolutions, from the first to some last one, and what they are.

    Attributes:
        name: What was asked for, resolved: `imagenet`, `builtin`, `random`, or a file's path.
        arrays: `block1_conv1/kernel`, `(3, 3, C in, C out)`, `block1_conv1/bias`, `(C out,)`, and so on, float32.
    """

    name: str
    arrays: Arrays

    @property
    def layers(self) -> tuple[str, ...]:
        """The convolutions there are filters for, in order."""
        return tuple(layer for layer in LAYERS if f"{layer}/kernel" in self.arrays)

    @functools.cached_property
    def sha256(self) -> str:
        """Hash over all arrays in the network's order, the same for the same filters in any file format."""
        digest = hashlib.sha256()
        for layer in self.layers:
            digest.update(self.arrays[f"{layer}/kernel"].tobytes())
            digest.update(self.arrays[f"{layer}/bias"].tobytes())
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        """Tell whether the filters are the same, whatever they are called: the same compiled loop then serves both."""
        return isinstance(other, NetworkWeights) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def up_to(self, layer: str) -> "NetworkWeights":
        """Leave out what lies behind a layer."""
        self.require(layer)
        kept = self.layers[: self.layers.index(layer) + 1]
        return NetworkWeights(
            name=self.name, arrays={f"{each}/{part}": self.arrays[f"{each}/{part}"] for each in kept for part in PARTS}
        )

    def require(self, layer: str) -> None:
        """Raise `ValueError` if the filters end before a layer."""
        if layer not in self.layers:
            raise ValueError(f"These weights ({self.name}) end at {self.layers[-1]}; {layer} needs a deeper file.")


def load_weights(source: str | Path = "auto", *, seed: int = 0) -> NetworkWeights:
    """Load VGG-19's filters.

    `auto` takes ImageNet's if Keras has them or can fetch them, otherwise the built-in network, and says so in one
    line (a logged warning, which Python writes to stderr unless told otherwise).

    Args:
        source: `auto`, `imagenet`, `builtin`, `random`, or a file: `.h5`, `.weights.h5` (as Keras writes them, with or
            without top) or `.npz` (arrays `block1_conv1/kernel`, `block1_conv1/bias`, ...).
        seed: Seed of the random network.

    Raises:
        MissingWeightsError: If ImageNet's weights were asked for and can't be had, or the built-in file is damaged.
        FileNotFoundError: If there is no such file.
        ValueError: If the file does not hold VGG-19's filters.
    """
    if source in WEIGHTS:
        return _load(str(source), seed if source == "random" else 0)
    if not Path(source).is_file():
        raise FileNotFoundError(f"Weights must be one of {', '.join(WEIGHTS)} or a file; there is no file {source}.")
    path = Path(source).resolve()
    return _load_file(str(source), path, (path.stat().st_mtime_ns, path.stat().st_size))


@functools.lru_cache(maxsize=2)
def _load(source: str, seed: int) -> NetworkWeights:
    """Load what a word stands for, once per process."""
    if source == "auto":
        return _imagenet_or_builtin()
    if source == "imagenet":
        return NetworkWeights(name=source, arrays=imagenet.load_arrays())
    if source == "builtin":
        return NetworkWeights(name=source, arrays=builtin.load_arrays())
    return NetworkWeights(name=source, arrays=smooth_random_arrays(seed))


@functools.lru_cache(maxsize=2)
def _load_file(name: str, path: Path, _stamp: tuple[int, int]) -> NetworkWeights:
    """Load a file, once per process as long as its time stamp and size stay the same."""
    return NetworkWeights(name=name, arrays=read_weights(path))


def _imagenet_or_builtin() -> NetworkWeights:
    try:
        return load_weights("imagenet")
    except MissingWeightsError as error:
        logging.getLogger(__name__).warning("Painting with the built-in network. %s", error)
        return load_weights("builtin")


def read_weights(path: Path) -> Arrays:
    """Read and check a weights file in any of the accepted formats.

    Raises:
        ValueError: If the file is damaged, or not VGG-19's.
    """
    try:
        arrays = _read_npz(path) if path.suffix.lower() == ".npz" else _read_h5(path)
    except Exception as error:  # the readers raise all kinds of errors at damaged files
        raise ValueError(f"{path} can't be read as VGG-19 weights (.h5, .weights.h5 or .npz): {told(error)}") from error
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
    """Refuse an array by its header that no layer has, as a few bytes can promise gigabytes."""
    if math.prod(shape) * kind.itemsize > LARGEST_ARRAY:
        raise ValueError(f"{name} has the shape {shape} in {kind}, which is more than any layer of VGG-19")


def _read_h5(path: Path) -> Arrays:
    arrays: dict[str, npt.NDArray[np.float32]] = {}
    with h5py.File(path) as file:
        model = file.get("model_weights", file)  # beside it, a saved model may hold an optimizer's moments

        def keep(location: str, item: h5py.Group | h5py.Dataset) -> None:
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
    """Find which convolution a dataset belongs to: by its groups' names, or by the name that Keras 3 notes down."""
    *groups, _ = location.split("/")
    noted = model[location].parent.attrs.get("name")
    return next((name for name in (*groups, noted) if name in LAYERS), None)


def _check_arrays(path: Path, arrays: Arrays) -> None:
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
