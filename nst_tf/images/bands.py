"""Work on large pictures band by band, so that intermediate results take little memory. Imports no TensorFlow."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

PIXELS_PER_BAND = 2**20
"""Pixels that are converted at a time."""


def bands(height: int, width: int) -> Iterator[slice]:
    """Divide a picture's rows into bands, from the first to the last."""
    rows = max(1, PIXELS_PER_BAND // max(1, width))
    for top in range(0, height, rows):
        yield slice(top, min(height, top + rows))


class Packed:
    """Integers that become floats in place, so that a picture of many pixels is never in memory twice.

    They lie in the last bytes of the memory of the floats that they become. Converted from the first row on, the floats
    only overwrite integers that have been read.

    Attributes:
        values: The integers, `(H, W, C)`, to be written by the caller.
    """

    def __init__(self, shape: tuple[int, int, int], kind: npt.DTypeLike) -> None:
        """Allocate memory, which the system provides page by page when it is written.

        Args:
            shape: Height, width and channels.
            kind: Type of the integers, of up to 4 bytes.
        """
        self._floats = np.empty(shape, np.float32)
        memory = self._floats.reshape(-1).view(np.uint8)
        first = memory.size - self._floats.size * np.dtype(kind).itemsize
        self.values: npt.NDArray[Any] = memory[first:].view(kind).reshape(shape)

    def unpack(self, white: float) -> Floats:
        """Return the values divided by white, `(1, H, W, C)`; the integers are lost."""
        height, width, _ = self._floats.shape
        for rows in bands(height, width):
            self._floats[rows] = self.values[rows].astype(np.float32) / np.float32(white)
        return self._floats[None]
