"""An image to save, as integers of a bit depth, band by band. Imports no TensorFlow."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nst_tf.images.bands import bands

KINDS: dict[int, type[Any]] = {8: np.uint8, 16: np.uint16}
"""Type of the integers by bits per channel."""


class Pixels(NamedTuple):
    """An image to save, with its alpha channel; made by `checked_pixels`.

    Attributes:
        image: RGB, `(H, W, 3)`, floats; what lies outside of [0, 1] is clipped.
        alpha: Opacity, `(H, W, 1)`; None for an opaque file.
        bit_depth: Bits per channel, 8 or 16.
    """

    image: npt.NDArray[Any]
    alpha: npt.NDArray[Any] | None
    bit_depth: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        height, width, channels = self.image.shape
        return height, width, channels + (self.alpha is not None)

    @property
    def kind(self) -> type[Any]:
        """Type of the integers."""
        return KINDS[self.bit_depth]

    def band(self, rows: slice) -> npt.NDArray[Any]:
        """Return some rows as integers, `(h, W, C)`."""
        return np.asarray(np.rint(self.floats(rows).clip(0.0, 1.0) * (2**self.bit_depth - 1)).astype(self.kind))

    def floats(self, rows: slice) -> npt.NDArray[Any]:
        """Return some rows as they were given, `(h, W, C)`."""
        image = self.image[rows]
        return image if self.alpha is None else np.concatenate([image, self.alpha[rows]], axis=2)


def checked_pixels(image: npt.ArrayLike, alpha: npt.ArrayLike | None, bit_depth: int) -> Pixels:
    """Check an image and its alpha channel.

    Args:
        image: `(1, H, W, 3)` or `(H, W, 3)`.
        alpha: As many values as there are pixels, or None.
        bit_depth: Bits per channel.

    Raises:
        ValueError: If a shape is wrong, or a value not a finite float.
    """
    values: npt.NDArray[Any] = np.asarray(image)
    values = values[0] if values.ndim == 4 and values.shape[0] == 1 else values
    if values.ndim != 3 or values.shape[2] != 3:
        raise ValueError(f"An image to save must be (H, W, 3) or (1, H, W, 3); got shape {np.shape(image)}.")
    opacity: npt.NDArray[Any] | None = None
    if alpha is not None:
        opacity = np.asarray(alpha)
        if opacity.size != values.shape[0] * values.shape[1]:
            raise ValueError(f"alpha must have the image's height and width; got shape {np.shape(alpha)}.")
        opacity = opacity.reshape(*values.shape[:2], 1)
    pixels = Pixels(values, opacity, bit_depth)
    kind = pixels.floats(slice(0, 1)).dtype
    if not np.issubdtype(kind, np.floating) or not all(
        np.isfinite(pixels.floats(rows)).all() for rows in bands(*values.shape[:2])
    ):
        raise ValueError(f"An image to save must hold finite floats, 0 to 1; got {kind}.")
    return pixels
