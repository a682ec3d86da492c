"""Draw the masks of docs/control.md#masks: the sky of `tubingen.jpg`, and the rest of it.

python tools/draw_masks.py docs/images
"""

import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

SIZE = (1024, 768)
"""Width and height of the photograph, in whose pixels the outlines are given; the masks are half as large."""

SKYLINE = (
    (0, 0), (0, 400), (60, 370), (150, 362), (262, 362), (270, 341), (300, 341), (306, 344), (330, 331), (386, 338),
    (400, 328), (424, 312), (460, 307), (500, 314), (545, 333), (590, 325), (597, 322), (612, 278), (636, 279),
    (640, 262), (646, 212), (656, 206), (657, 188), (666, 155), (670, 118), (674, 155), (687, 188), (690, 206),
    (698, 214), (698, 240), (718, 243), (722, 229), (782, 233), (838, 222),
    (840, 208), (853, 208), (855, 218), (940, 206),
    (958, 183), (1023, 192), (1023, 0),
)  # fmt: skip


def main(folder: Path) -> None:
    """Write the masks into a folder."""
    sky = outline(SKYLINE)
    save(sky, folder / "tubingen-sky.png")
    save(ImageChops.invert(sky), folder / "tubingen-town.png")


def outline(points: tuple[tuple[int, int], ...]) -> Image.Image:
    """Return a mask that is white within an outline."""
    mask = Image.new("L", SIZE)
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask


def save(mask: Image.Image, path: Path) -> None:
    """Save a mask at half the size, with smooth edges."""
    mask.reduce(2).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
