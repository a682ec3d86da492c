"""Frames and dots with each way to treat the border: `python -m tools.borders FOLDER`, for docs/control.md.

FOLDER holds the pictures of `examples/paint_readme_pictures.py`. Writes the tables of the section "Borders and dots"
and docs/images/borders.jpg. Paintings are kept in build/borders, and are not painted again.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from nst_tf import load_image
from nst_tf.config import BORDERS
from tools.compare_networks.document import table, write_block
from tools.judge.oklab import oklab

ROOT = Path(__file__).parents[1]
PAGE, SHEET, KEPT = ROOT / "docs" / "control.md", ROOT / "docs" / "images" / "borders.jpg", ROOT / "build" / "borders"
SIZE = 256
PAIRS = (("china.jpg", "the_scream.jpg"), ("tubingen.jpg", "starry_night.jpg"))
NETWORKS = {"imagenet": "ImageNet's filters", "builtin": "built-in network"}
EDGE, INSIDE = (0, 8), (16, 40)
"""Bands along the edges, px from the edge."""
SKY = 0.25
"""Share of the height, from the top, in which dots are counted."""
FINE, COARSE = 1.0, 2.0
"""Standard deviations of the Gaussians whose difference finds dots 2 to 4 px wide, px."""
STRENGTH = 0.05
"""Lightness, 0 to 1, by which a dot differs at least from its surroundings."""
CORNER, ENLARGED, GAP = 85, 3, 6
"""Side of the part of a picture that the sheet enlarges, px; how many times; and the gap between pictures, px."""

Array = npt.NDArray[np.float64]


class Painted(NamedTuple):
    """Paintings of a pair with a network.

    Attributes:
        content: The photograph's file.
        style: The painting's file.
        network: A key of `NETWORKS`.
        pictures: The paintings, `(H, W, 3)`, by border.
    """

    content: str
    style: str
    network: str
    pictures: dict[str, Array]

    @property
    def title(self) -> str:
        """Its name in a table."""
        return f"{Path(self.content).stem}, {Path(self.style).stem}, {NETWORKS[self.network]}"


def frame(picture: Array, photograph: Array) -> float:
    """Measure how much steeper a painting is across its edges than along them; 1 is no frame.

    It is the ratio of the mean squared differences of lightness across and along an edge, in the outermost 8 px, over
    that in the band 16 to 40 px inside; divided by the same of the photograph. Geometric mean over the four sides.
    """
    return float(np.exp(np.mean([_steepness(picture, side) - _steepness(photograph, side) for side in range(4)])))


def _steepness(picture: Array, side: int) -> float:
    lightness = np.rot90(oklab(picture)[..., 0], side)  # the side is now the upper one
    outer, inner = (lightness[first:last] for first, last in (EDGE, INSIDE))
    return float(np.log(_across_over_along(outer) / _across_over_along(inner)))


def _across_over_along(band: Array) -> float:
    across, along = (np.mean(np.square(np.diff(band, axis=axis))) for axis in (0, 1))
    return float((across + 1e-9) / (along + 1e-9))


def dots(picture: Array) -> float:
    """Count round extremes of lightness, 2 to 4 px wide, per 1000 px of the upper quarter of a picture."""
    lightness = oklab(picture)[: round(SKY * len(picture)), :, 0]
    response = ndimage.gaussian_filter(lightness, FINE) - ndimage.gaussian_filter(lightness, COARSE)
    strength = np.abs(lightness - ndimage.gaussian_filter(lightness, COARSE))
    found = 0
    for signed in (response, -response):
        highest = (signed == ndimage.maximum_filter(signed, 5)) & (strength > STRENGTH) & (signed > 0)
        found += int(np.sum(highest & _is_round(signed)))
    return 1000 * found / lightness.size


def _is_round(response: Array) -> npt.NDArray[np.bool_]:
    """Tell where a response falls about as fast in all directions: its lesser curvature is at least half the other."""
    down, right = np.gradient(response)
    (yy, yx), (_, xx) = np.gradient(down), np.gradient(right)
    mean, spread = (yy + xx) / 2, np.hypot((yy - xx) / 2, yx)
    return np.asarray((mean < 0) & (mean + spread <= (mean - spread) / 2))


def main() -> None:
    """Paint what is missing, and write tables and sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="folder of the photographs and paintings")
    folder = parser.parse_args().folder
    KEPT.mkdir(parents=True, exist_ok=True)
    painted = [
        Painted(content, style, network, {each: _painting(folder, content, style, network, each) for each in BORDERS})
        for content, style in PAIRS
        for network in NETWORKS
    ]
    frames, counted = [], []
    for each in painted:
        shape = each.pictures[BORDERS[0]].shape
        photograph, style = (_reduced(folder / name, shape) for name in (each.content, each.style))
        frames.append([each.title, *(f"{frame(picture, photograph):.2f}" for picture in each.pictures.values())])
        numbers = [dots(picture) for picture in (photograph, style, *each.pictures.values())]
        counted.append([each.title, *(f"{number:.1f}" for number in numbers)])
    write_block(PAGE, "frame", table(["", *BORDERS], frames))
    write_block(PAGE, "dots", table(["", "photograph", "style", *BORDERS], counted))
    _sheet([each.pictures for each in painted if each.network == "imagenet" or each.content == PAIRS[0][0]])


def _painting(folder: Path, content: str, style: str, network: str, border: str) -> Array:
    file = KEPT / f"{Path(content).stem}-{Path(style).stem}-{network}-{border}.png"
    if not file.exists():
        words = [str(folder / content), str(folder / style), "--size", str(SIZE), "--weights", network]
        words += ["--border", border, "-o", str(file), "--quiet"]
        subprocess.run([sys.executable, "-m", "nst_tf_cli", "stylize", *words], check=True)  # noqa: S603
    return np.asarray(load_image(file)[0], np.float64)


def _reduced(path: Path, shape: tuple[int, ...]) -> Array:
    """Return a picture with the longer side of a painting."""
    with Image.open(path) as image:
        scale = max(shape) / max(image.size)
        size = (round(image.width * scale), round(image.height * scale))
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS), np.float64) / 255


def _sheet(rows: list[dict[str, Array]]) -> None:
    """Write the paintings, each with its upper right corner beside it; a row for each pair and network."""
    drawn = [np.concatenate([part for each in row.values() for part in _with_corner(each)], axis=1) for row in rows]
    width = min(each.shape[1] for each in drawn)
    image = np.concatenate([each[:, :width] for each in drawn])
    Image.fromarray(np.round(image * 255).astype(np.uint8)).save(SHEET, quality=85)


def _with_corner(picture: Array) -> tuple[Array, Array]:
    corner = picture[:CORNER, -CORNER:].repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    height = min(len(picture), len(corner))
    gap = ((0, GAP), (0, GAP), (0, 0))
    return np.pad(picture[:height], gap, constant_values=1), np.pad(corner[:height], gap, constant_values=1)


if __name__ == "__main__":
    main()
