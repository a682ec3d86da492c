"""Antialiased drawing: Pillow on a canvas of twice the size, reduced at the end."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from tools.train_builtin.pictures.fields import Array, IntArray, float32

Point = tuple[float, float]
Points = Sequence[Point] | Array
Color = tuple[int, int, int]
Bytes = npt.NDArray[np.uint8]
_FACTOR = 2


class Canvas:
    """A picture to draw on, in coordinates of its final size.

    Args:
        background: `(S, S, 3)` in [0, 1]; drawing starts on top of it.
    """

    def __init__(self, background: Array) -> None:
        """Enlarge the background."""
        self.size = background.shape[0]
        large = (self.size * _FACTOR, self.size * _FACTOR)
        self._image = to_image(background).resize(large, Image.Resampling.BILINEAR)
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, points: Points, fill: Array, *, outline: Array | None = None) -> None:
        """Fill a polygon, optionally with a thin outline."""
        edge = None if outline is None else ink(outline)
        self._draw.polygon(_enlarge(points), fill=ink(fill), outline=edge, width=_FACTOR)

    def line(self, points: Points, color: Array, *, width: float = 1.0, rounded: bool = False) -> None:
        """Draw a polyline; rounded joints take several times as long."""
        pixels = max(1, round(width * _FACTOR))
        self._draw.line(_enlarge(points), ink(color), pixels, joint="curve" if rounded else None)

    def ellipse(self, center: Point, radii: Point, fill: Array) -> None:
        """Fill an upright ellipse."""
        (x, y), (rx, ry) = center, radii
        box = _enlarge([(x - rx, y - ry), (x + rx, y + ry)])
        self._draw.ellipse(box, fill=ink(fill))

    def rectangle(self, corner: Point, opposite: Point, fill: Array) -> None:
        """Fill an upright rectangle between two corners, in any order."""
        x, y = sorted((corner[0], opposite[0])), sorted((corner[1], opposite[1]))
        left, top, right, bottom = _enlarge([(x[0], y[0]), (x[1], y[1])])
        self._draw.rectangle((left, top, right, bottom), fill=ink(fill))

    def picture(self) -> Array:
        """Return the drawing, `(S, S, 3)` in [0, 1]."""
        return from_image(self._image.reduce(_FACTOR))


def from_image(image: Image.Image) -> Array:
    """Convert an RGB image to float32 in [0, 1]."""
    return float32(np.asarray(image, np.float32) / 255)


def to_image(picture: Array) -> Image.Image:
    """Convert [0, 1] to an RGB image."""
    return Image.fromarray(as_bytes(picture))


def as_bytes(picture: Array) -> Bytes:
    """Convert [0, 1] to uint8, rounding."""
    return np.asarray(np.clip(picture, 0, 1) * 255 + 0.5, np.uint8)


def label_map(size: int, polygons: Sequence[Points]) -> IntArray:
    """Fill polygon `i` with the number `i + 1`, later ones over earlier ones; the background is 0.

    Returns:
        int32 `(2 S, 2 S)`: the large canvas, because numbers can't be averaged. Reduce what is colored
        by them with `reduce`.
    """
    image = Image.new("I", (size * _FACTOR, size * _FACTOR))
    draw = ImageDraw.Draw(image)
    for number, points in enumerate(polygons, 1):
        draw.polygon(_enlarge(points), fill=number)
    return np.asarray(image, np.int32)


def reduce(picture: Array) -> Array:
    """Average 2 by 2 pixels: from the large canvas to the final size."""
    corners = [picture[y::_FACTOR, x::_FACTOR] for y in range(_FACTOR) for x in range(_FACTOR)]
    return float32(sum(corners[1:], corners[0]) / len(corners))


def ink(color: Array) -> Color:
    """Convert a color in [0, 1] to Pillow's format."""
    red, green, blue = (int(255 * min(max(float(c), 0.0), 1.0)) for c in color)
    return red, green, blue


def gray(value: float) -> Array:
    """Return a gray color of that brightness."""
    return np.full(3, value, np.float32)


def _enlarge(points: Points) -> list[float]:
    """Scale points to the large canvas, flattened to x, y, x, y, … for Pillow."""
    return (float32(points) * _FACTOR).ravel().tolist()  # type: ignore[no-any-return]
