"""Read mask files as regions: how much each pixel of a picture belongs to each. Imports no TensorFlow.

In one file, each flat color is a region, whose partner in the other picture's mask has the same color; of several
files, each is a region, white inside and black outside, with the greys between. So is a file that stands alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor

from nst_tf.images.reading import load_picture

MOST_REGIONS = 16
"""Flat colors of one file; more are those of a photograph."""

SAME_COLOR = 40.0
"""Largest distance in RGB, 0 to 255, between two shades of one flat color, as JPEG makes them."""

FLAT = 12
"""Largest difference, 0 to 255, between neighbors in a flat area."""

LEAST_SHARE = 5e-4
"""Share of a picture that a flat color covers at least; less is an artifact of compression."""

LEAST_FLAT = 0.25
"""Share of a mask that is flat at least."""

WIDEST_EDGE = 16
"""Pixels of a soft edge to each side that are given to the colors around them."""

PROPORTIONS_OFF = 0.02
"""Relative difference between the proportions of a mask and its picture that rounding explains."""

Array = npt.NDArray[np.float32]

_NAMES = {code: name for name, code in reversed(ImageColor.colormap.items()) if isinstance(code, str)}


class ColorMask(NamedTuple):
    """A mask of flat colors.

    Attributes:
        path: The file.
        colors: The flat colors, RGB in [0, 255], the darkest first, `(N, 3)`.
        labels: Each pixel's color, an index, -1 where it is transparent, `(H, W)`.
    """

    path: Path
    colors: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]

    @property
    def names(self) -> list[str]:
        """The colors as people write them, with the share of the mask that they cover."""
        shares = [float(np.mean(self.labels == index)) for index in range(len(self.colors))]
        return [f"{color_name(color)} ({share:.1%})" for color, share in zip(self.colors, shares, strict=True)]


def read_region(path: Path, size: tuple[int, int]) -> Array:
    """Read a file as one region: white inside, black outside; of colors, the brightest channel counts.

    Args:
        path: The file.
        size: Height and width of the picture that it belongs to.

    Returns:
        `(1, H, W, 1)` in [0, 1].

    Raises:
        OSError: If the file can't be read.
        ValueError: If it is no picture, black everywhere, or of other proportions.
    """
    mask = load_picture(path)
    level = mask.image.max(axis=3, keepdims=True)
    level = level if mask.alpha is None else level * mask.alpha
    _check_proportions(path, level.shape[1:3], size)
    if not level.any():
        raise ValueError(f"The mask {path} is black everywhere, so its region has no pixels; paint the region white.")
    return _resized(level, size)


def read_colors(path: Path) -> ColorMask:
    """Find the flat colors of a file; a pixel between two of them, as at a soft edge, belongs to the nearer one.

    Raises:
        OSError: If the file can't be read.
        ValueError: If it is no picture, or has no flat colors, or too many.
    """
    mask = load_picture(path)
    pixels = np.rint(mask.image[0] * 255)
    hidden = np.zeros(pixels.shape[:2], bool) if mask.alpha is None else mask.alpha[0, :, :, 0] < 0.5
    flat = _is_flat(pixels)
    colors = _flat_colors(pixels[flat & ~hidden], pixels.shape[0] * pixels.shape[1])
    if not 1 <= len(colors) <= MOST_REGIONS or np.mean(flat) < LEAST_FLAT:
        raise ValueError(
            f"The mask {path} must have 1 to {MOST_REGIONS} flat colors, one for each region; found "
            f"{len(colors) if len(colors) <= MOST_REGIONS else 'more'}, on {np.mean(flat):.0%} of it. Paint regions in "
            "flat colors, without soft edges."
        )
    return ColorMask(path, colors, np.where(hidden, -1, _labels(pixels, flat, colors.astype(np.float32))))


def paired_regions(content: ColorMask, styles: Sequence[ColorMask]) -> list[npt.NDArray[np.int64]]:
    """Match the colors of a content's mask with those of the styles' masks.

    Args:
        content: The content's; its colors, the darkest first, are the regions.
        styles: A mask for each style; colors that the content lacks are not used.

    Returns:
        For each style, the index of each region's color in its mask, or -1 if it has none; `(R,)`.

    Raises:
        ValueError: If no style has one of the content's colors.
    """
    found = [_nearest_colors(content.colors, style.colors) for style in styles]
    for index, name in enumerate(content.names):
        if all(each[index] < 0 for each in found):
            whose = ", ".join(f"{style.path} has {', '.join(style.names)}" for style in styles)
            raise ValueError(
                f"The mask {content.path} has a region in {name}, which no style mask has: {whose}. "
                "Paint both regions in the same color."
            )
    return found


def color_regions(mask: ColorMask, indices: Sequence[int] | npt.NDArray[np.int64], size: tuple[int, int]) -> Array:
    """Return some of a mask's colors as regions of a picture.

    Args:
        mask: The mask.
        indices: Of its colors; -1 for a region without pixels.
        size: Height and width of the picture.

    Returns:
        `(1, H, W, R)` in [0, 1].

    Raises:
        ValueError: If the mask has other proportions.
    """
    _check_proportions(mask.path, mask.labels.shape, size)
    planes = [(mask.labels == index) & (mask.labels >= 0) for index in indices]
    return _resized(np.stack(planes, axis=-1)[None].astype(np.float32), size)


def color_name(color: npt.NDArray[np.float64]) -> str:
    """Return a color as people write it: `red`, or `#d02010`."""
    code = "#{:02x}{:02x}{:02x}".format(*(round(float(each)) for each in color))
    return _NAMES.get(code, code)


def _check_proportions(path: Path, size: tuple[int, ...], wanted: tuple[int, int]) -> None:
    rounding = 1 / min(*size, *wanted)
    off = abs((size[0] / size[1]) / (wanted[0] / wanted[1]) - 1)
    if off > max(PROPORTIONS_OFF, rounding):
        raise ValueError(
            f"The mask {path} is {size[1]}x{size[0]} px, and its picture {wanted[1]}x{wanted[0]} px; "
            "a mask may be of another size, but must have the picture's proportions."
        )


def _resized(regions: Array, size: tuple[int, int]) -> Array:
    if regions.shape[1:3] == size:
        return regions
    planes = [Image.fromarray(plane) for plane in np.moveaxis(regions[0], 2, 0)]
    resized = [np.asarray(each.resize((size[1], size[0]), Image.Resampling.BILINEAR)) for each in planes]
    return np.stack(resized, axis=-1)[None].clip(0, 1).astype(np.float32)


def _is_flat(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Tell which pixels hardly differ from their eight neighbors, `(H, W)`."""
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))
    lowest, highest = windows.min(axis=(3, 4)), windows.max(axis=(3, 4))
    return np.asarray((highest - lowest).max(axis=2) <= FLAT)


def _flat_colors(flat: npt.NDArray[np.float32], pixels: int) -> npt.NDArray[np.float64]:
    """Return the colors around which flat pixels lie, the darkest first: the most frequent one, then among the rest."""
    codes = (flat.astype(np.int64) * (1 << 16, 1 << 8, 1)).sum(axis=1)
    unique, counts = np.unique(codes, return_counts=True)
    shades = np.stack([unique >> 16, (unique >> 8) & 255, unique & 255], axis=1).astype(np.float64)
    colors: list[npt.NDArray[np.float64]] = []
    while len(counts) and len(colors) <= MOST_REGIONS:
        center = shades[counts.argmax()]
        near = np.linalg.norm(shades - center, axis=1) <= SAME_COLOR
        if counts[near].sum() >= LEAST_SHARE * pixels:
            colors.append(center)
        shades, counts = shades[~near], counts[~near]
    return np.array(sorted(colors, key=lambda color: (sum(color), *color))).reshape(-1, 3)


def _labels(
    pixels: npt.NDArray[np.float32], flat: npt.NDArray[np.bool_], colors: npt.NDArray[np.float32]
) -> npt.NDArray[np.int64]:
    """Give every pixel the nearest of the colors around it, so that an edge is no line of a third color between two.

    Flat areas grow pixel by pixel; what they have not reached after `WIDEST_EDGE` rounds gets the nearest color of all.
    """
    labels = np.full((pixels.shape[0] + 2, pixels.shape[1] + 2), -1)  # with a border, so that all have neighbors
    inner = labels[1:-1, 1:-1]
    for index, color in enumerate(colors):
        inner[flat & (np.linalg.norm(pixels - color, axis=2) <= SAME_COLOR / 2)] = index
    for _ in range(WIDEST_EDGE):
        rows, columns = np.nonzero(inner < 0)
        around = np.stack([labels[rows + down, columns + right] for down in range(3) for right in range(3)], axis=1)
        nearest = _nearest_of(pixels[rows, columns], around, colors)
        if not (nearest >= 0).any():
            break
        inner[rows, columns] = nearest
    rows, columns = np.nonzero(inner < 0)
    every = np.broadcast_to(np.arange(len(colors)), (len(rows), len(colors)))
    inner[rows, columns] = _nearest_of(pixels[rows, columns], every, colors)
    return inner


def _nearest_of(
    pixels: npt.NDArray[np.float32], candidates: npt.NDArray[np.int64], colors: npt.NDArray[np.float32]
) -> npt.NDArray[np.int64]:
    """Return for each pixel, `(N, 3)`, the nearest of its candidates, indices `(N, K)`; -1 if all of those are -1."""
    distances = np.linalg.norm(pixels[:, None] - colors[candidates], axis=2)
    best = np.where(candidates < 0, np.inf, distances).argmin(axis=1)
    return np.asarray(candidates[np.arange(len(pixels)), best])


def _nearest_colors(colors: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    distances = np.linalg.norm(colors[:, None] - others, axis=2)
    return np.where(distances.min(axis=1) <= SAME_COLOR, distances.argmin(axis=1), -1)
