"""A picture in memory: its image, its alpha channel, and its regions."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Picture(NamedTuple):
    """A picture in memory; arrays, or tensors within `nst_tf.recipe`.

    Attributes:
        image: RGB, sRGB-encoded, `(1, H, W, 3)`, float32 in [0, 1].
        alpha: Opacity, `(1, H, W, 1)`, float32 in [0, 1]; None if it is opaque.
        regions: How much each pixel belongs to each region of a mask, `(1, H, W, R)`, float32 in [0, 1]; None without a
            mask. Region r of the content is painted in region r of the style.
    """

    image: npt.NDArray[np.float32]
    alpha: npt.NDArray[np.float32] | None = None
    regions: npt.NDArray[np.float32] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        _, height, width, _ = self.image.shape
        return height, width


def fill_transparent(image: npt.NDArray[np.float32], alpha: npt.NDArray[np.float32]) -> None:
    """Fill fully transparent pixels of an image with the mean color of the others, in place.

    Args:
        image: `(1, H, W, 3)`.
        alpha: `(1, H, W, 1)`.
    """
    hidden = alpha == 0
    if hidden.any():
        visible = alpha.sum(dtype=np.float64)
        by_row = np.einsum("brwc,brwa->rc", image, alpha)  # by row first, as float32 would lose precision
        mean = by_row.sum(axis=0, dtype=np.float64) / visible if visible else 0.5
        np.copyto(image, np.asarray(mean, np.float32), where=hidden)


def as_image(name: str, picture: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Check an array that a caller passes as an image.

    Args:
        name: How error messages refer to it.
        picture: `(H, W, 3)` or `(1, H, W, 3)`, floats in [0, 1].

    Returns:
        `(1, H, W, 3)`.

    Raises:
        ValueError: If it is malformed.
    """
    array = np.asarray(picture)
    array = array[None] if array.ndim == 3 else array
    if array.ndim != 4 or array.shape[0] != 1 or array.shape[3] != 3 or not array.size:
        raise ValueError(f"{name} must be one RGB picture, (H, W, 3) or (1, H, W, 3); got shape {np.shape(picture)}.")
    if not np.issubdtype(array.dtype, np.floating) or not (np.min(array) >= 0 and np.max(array) <= 1):
        found = f"{array.dtype} from {np.min(array)} to {np.max(array)}"
        raise ValueError(f"{name} must hold floats in [0, 1]; got {found}. Use nst_tf.load_image, or scale it.")
    return array.astype(np.float32, copy=False)


def as_picture(name: str, picture: npt.ArrayLike | Picture) -> Picture:
    """Check an image or a picture that a caller passes, and fill its fully transparent pixels.

    Args:
        name: How error messages refer to it.
        picture: `(H, W, 3)` or `(1, H, W, 3)`, floats in [0, 1], or such an image with its alpha channel.

    Returns:
        The image, and its alpha channel unless it is opaque everywhere.

    Raises:
        ValueError: If it is malformed, or fully transparent.
    """
    if not isinstance(picture, Picture):
        return Picture(as_image(name, picture))
    image = as_image(name, picture.image)
    regions = None if picture.regions is None else _as_regions(name, picture.regions, image.shape[1:3])
    if picture.alpha is None:
        return Picture(image, None, regions)
    alpha = np.asarray(picture.alpha, np.float32)
    if alpha.shape != (*image.shape[:3], 1) or not (alpha.min() >= 0 and alpha.max() <= 1):
        wanted = (*image.shape[:3], 1)
        raise ValueError(f"The opacity of the {name} must have shape {wanted} and lie in [0, 1]; got {alpha.shape}.")
    if not alpha.any():
        raise ValueError(f"The {name} is fully transparent; choose another picture.")
    if alpha.min() == 1:
        return Picture(image, None, regions)
    image = image.copy()
    fill_transparent(image, alpha)
    return Picture(image, alpha, regions)


def _as_regions(name: str, regions: npt.ArrayLike, size: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Check the regions of a picture."""
    array = np.asarray(regions, np.float32)
    if array.ndim != 4 or array.shape[:3] != (1, *size) or not array.shape[3]:
        wanted = ", ".join(map(str, (1, *size)))
        raise ValueError(f"The regions of the {name} must have shape ({wanted}, R); got {array.shape}.")
    if not (array.min() >= 0 and array.max() <= 1):
        raise ValueError(f"The regions of the {name} must lie in [0, 1]; got {array.min():g} to {array.max():g}.")
    if not array.any():
        raise ValueError(f"The regions of the {name} have no pixels; none of them is above 0.")
    return array


def several(given: Any) -> Sequence[Any]:
    """Return what is given as a list; one picture may itself be a list of rows."""
    if isinstance(given, Picture) or not isinstance(given, (list, tuple)) or not given:
        return [given]
    first = given[0]
    plain = isinstance(first, (int, float, list, tuple, np.ndarray)) and not isinstance(first, Picture)
    return [given] if plain and np.ndim(first) < 3 else given


def numbered(name: str, number: int, count: int) -> str:
    """Return how messages refer to one of several pictures, `style 2`; the only one has no number."""
    return f"{name} {number}" if count > 1 else name
