"""VGG-19's filters as arrays, with a name."""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nst_tf.layer_names import LAYERS

Arrays = Mapping[str, npt.NDArray[np.float32]]

PARTS = ("kernel", "bias")
"""The arrays of a convolution."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkWeights:
    """Filters and biases of VGG-19's convolutions, from the first up to some layer.

    Attributes:
        name: `imagenet`, `imagenet-8bit`, `builtin`, `random`, or a file's path.
        arrays: `block1_conv1/kernel`, `(3, 3, C in, C out)`, `block1_conv1/bias`, `(C out,)`, and so on, float32.
    """

    name: str
    arrays: Arrays

    @property
    def layers(self) -> tuple[str, ...]:
        """The convolutions that have filters here, in order."""
        return tuple(layer for layer in LAYERS if f"{layer}/kernel" in self.arrays)

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 of all arrays in the network's order, whatever file format they come from."""
        digest = hashlib.sha256()
        for layer in self.layers:
            digest.update(self.arrays[f"{layer}/kernel"].tobytes())
            digest.update(self.arrays[f"{layer}/bias"].tobytes())
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        """Return whether the filters are equal, whatever their names, so that one compiled loop serves both."""
        return isinstance(other, NetworkWeights) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def up_to(self, layer: str) -> "NetworkWeights":
        """Return a copy that ends at this layer.

        Raises:
            ValueError: If the filters end before it.
        """
        self.require(layer)
        kept = self.layers[: self.layers.index(layer) + 1]
        return NetworkWeights(
            name=self.name, arrays={f"{each}/{part}": self.arrays[f"{each}/{part}"] for each in kept for part in PARTS}
        )

    def require(self, layer: str) -> None:
        """Check that there are filters up to a layer.

        Raises:
            ValueError: If the filters end before it.
        """
        if layer not in self.layers:
            raise ValueError(f"These weights ({self.name}) end at {self.layers[-1]}; {layer} needs a deeper file.")
