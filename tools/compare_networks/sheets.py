"""Contact sheets: rows of pictures with captions."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

GAP, CAPTION = 6, 20
"""Pixels between two pictures; height of a caption."""
PAPER, INK = (255, 255, 255), (40, 40, 40)
JPEG_QUALITY = 88
LARGEST_FILE = 900_000
"""Largest size of a JPEG, bytes."""


class Tile(NamedTuple):
    """A picture, `(H, W, 3)` in [0, 1], and its caption."""

    image: npt.NDArray[np.float32]
    caption: str


def contact_sheet(rows: Iterable[Sequence[Tile]], *, side: int) -> Image.Image:
    """Lay out tiles in a grid; pictures larger than `side` pixels are reduced, smaller ones keep their size."""
    reduced = [[(_reduced(tile.image, side), tile.caption) for tile in row] for row in rows]
    heights = [max(picture.height for picture, _ in row) + CAPTION + GAP for row in reduced]
    columns = max(len(row) for row in reduced)
    width = max(picture.width for row in reduced for picture, _ in row) + GAP
    sheet = Image.new("RGB", (GAP + columns * width, GAP + sum(heights)), PAPER)
    top = GAP
    for row, height in zip(reduced, heights, strict=True):
        for column, (picture, caption) in enumerate(row):
            _place(sheet, picture, caption, (GAP + column * width, top), width - GAP)
        top += height
    return sheet


def _reduced(image: npt.NDArray[np.float32], side: int) -> Image.Image:
    picture = Image.fromarray(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8))
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def _place(sheet: Image.Image, picture: Image.Image, caption: str, corner: tuple[int, int], width: int) -> None:
    left, top = corner
    sheet.paste(picture, (left + (width - picture.width) // 2, top))
    middle = (left + width / 2, top + picture.height + CAPTION / 2)
    ImageDraw.Draw(sheet).text(middle, caption, fill=INK, anchor="mm", font=_fitting_font(caption, width))


def _fitting_font(caption: str, width: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the largest of several font sizes at which a caption fits."""
    fonts = [ImageFont.load_default(size) for size in (14, 12, 10, 8)]
    ruler = ImageDraw.Draw(Image.new("L", (1, 1)))
    return next((font for font in fonts if ruler.textlength(caption, font=font) <= width), fonts[-1])


def save_jpeg(sheet: Image.Image, path: Path) -> None:
    """Write a JPEG of at most 900 kB at quality 88; reduce a larger sheet until it fits."""
    data = _encoded(sheet)
    while len(data) > LARGEST_FILE:
        sheet = sheet.resize((sheet.width * 9 // 10, sheet.height * 9 // 10), Image.Resampling.LANCZOS)
        data = _encoded(sheet)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _encoded(sheet: Image.Image) -> bytes:
    stream = io.BytesIO()
    sheet.save(stream, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return stream.getvalue()
