"""Contact sheets: pictures on a grid, with a label above every column and beside every row."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

GAP, MARGIN = 8, 12
"""Pixels between two pictures, and around them all."""

LABEL_WIDTH = 130
"""Pixels that the labels of rows get."""

PAPER, INK = (255, 255, 255), (40, 40, 40)
FONT_SIZE, LINE = 14, 18
"""Pixels."""

Image3 = npt.NDArray[np.float32]


def contact_sheet(grid: Sequence[Sequence[Image3]], rows: Sequence[str], columns: Sequence[str]) -> Image3:
    """Lay pictures out, each as large as it is.

    Args:
        grid: Rows of images, `(1, H, W, 3)` in [0, 1].
        rows: A label for each row; empty ones take no space.
        columns: A label for each column.

    Returns:
        `(1, height, width, 3)` in [0, 1].
    """
    heights = [max(image.shape[1] for image in row) for row in grid]
    widths = [max(image.shape[2] for image in column) for column in zip(*grid, strict=True)]
    above = [_wrapped(text, width) for text, width in zip(columns, widths, strict=True)]
    beside = [_wrapped(text, LABEL_WIDTH - GAP) for text in rows]
    left = MARGIN + LABEL_WIDTH * any(rows)
    top = MARGIN + LINE * max(len(lines) for lines in above) + GAP
    lefts, tops = _places(left, widths), _places(top, heights)
    sheet = Image.new("RGB", (lefts[-1] - GAP + MARGIN, tops[-1] - GAP + MARGIN), PAPER)
    for x, width, lines in zip(lefts, widths, above, strict=False):
        _write(sheet, lines, (x + width / 2, top - GAP - LINE * len(lines)), anchor="ma")
    for y, height, lines, images in zip(tops, heights, beside, grid, strict=False):
        _write(sheet, lines, (MARGIN, y + height / 2 - LINE * len(lines) / 2), anchor="la")
        for x, image in zip(lefts, images, strict=False):
            sheet.paste(Image.fromarray(np.rint(image[0] * 255).astype(np.uint8)), (x, y))
    pixels: Image3 = np.asarray(sheet, np.float32) / np.float32(255)
    return pixels[None]


def _places(start: int, sides: Sequence[int]) -> list[int]:
    """Return where each picture begins, and where another one would."""
    return [start + sum(sides[:count]) + GAP * count for count in range(len(sides) + 1)]


def _write(sheet: Image.Image, lines: Sequence[str], corner: tuple[float, float], *, anchor: str) -> None:
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((corner[0], corner[1] + LINE * number), line, fill=INK, anchor=anchor, font=_font())


def _wrapped(text: str, width: int) -> list[str]:
    """Break a label between words into lines of some pixels at most."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font().getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(FONT_SIZE)
