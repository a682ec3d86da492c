"""How a picture is divided into blocks that are looked at one by one. Imports no TensorFlow."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nst_tf.layer_names import LAYERS, deepest

ALIGNMENT = 16
"""Pixels; VGG-19's four poolings down to conv5_1 group pixels by 16, and a block groups them as the whole does."""

HALO = 80
"""Pixels around a block that its features depend on; conv5_1 sees 78 to each side, here a multiple of `ALIGNMENT`."""

Box = tuple[int, int, int, int]
"""Top, left, bottom and right, in pixels."""


class Block(NamedTuple):
    """A part of a picture, in pixels of it.

    Attributes:
        box: What the block owns; every pixel has one owner.
        crop: What has to be looked at for it: what it owns and the halo.
    """

    box: Box
    crop: Box

    def owned(self, scale: int = 1) -> tuple[slice, slice, slice]:
        """Return the index of what the block owns in a picture, or in a layer that is smaller by a scale."""
        top, left, bottom, right = (side // scale for side in self.box)
        return slice(None), slice(top, bottom), slice(left, right)

    @property
    def seen(self) -> tuple[slice, slice, slice]:
        """The index of the crop in a picture."""
        top, left, bottom, right = self.crop
        return slice(None), slice(top, bottom), slice(left, right)

    @property
    def inner(self) -> Box:
        """What the block owns, in pixels of its crop."""
        (top, left, bottom, right), (above, before) = self.box, self.crop[:2]
        return top - above, left - before, bottom - above, right - before


def halo(layers: Iterable[str]) -> int:
    """Return the pixels around a block that layers see; each convolution after conv5_1 sees 16 more."""
    return HALO + ALIGNMENT * max(0, LAYERS.index(deepest(layers)) - LAYERS.index("block5_conv1"))


def divide(size: tuple[int, int], side: int, around: int = HALO) -> Iterator[Block]:
    """Divide a picture into blocks, row by row.

    Args:
        size: Height and width of the picture.
        side: Longest side of what a block owns, in pixels, at least `ALIGNMENT`; rounded down to a multiple of it.
        around: Width of the halo, a multiple of `ALIGNMENT`.
    """
    height, width = size
    for top, bottom in _spans(height, side):
        for left, right in _spans(width, side):
            crop = (
                max(0, top - around),
                max(0, left - around),
                min(height, bottom + around),
                min(width, right + around),
            )
            yield Block((top, left, bottom, right), crop)


def fits_in_one(size: tuple[int, int], block: str | int) -> bool:
    """Tell whether a picture is painted whole: it is no larger than a block, or a block is a word."""
    return isinstance(block, str) or max(size) <= block


def relative_cost(size: tuple[int, int], block: str | int) -> float:
    """Return the time of a step in blocks, relative to one of the whole picture.

    Both passes look at a halo around each block. The first lacks the gradient, which is half of a step.
    """
    if fits_in_one(size, block):
        return 1.0
    crops = (each.crop for each in divide(size, int(block)))
    seen = sum((bottom - top) * (right - left) for top, left, bottom, right in crops)
    return 1.5 * seen / (size[0] * size[1])


def _spans(length: int, side: int) -> list[tuple[int, int]]:
    """Divide a length into equal parts, aligned, none longer than a side; the last takes what is left."""
    count = -(-length // (side // ALIGNMENT * ALIGNMENT))
    part = -(-length // count // ALIGNMENT) * ALIGNMENT
    return [(start, min(start + part, length)) for start in range(0, length, part)]
