"""The paper's figures as contact sheets for the documentation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

import nst_tf
from nst_tf.config import StyleConfig
from nst_tf.images.reading import load_picture
from nst_tf.scales.resizing import resize
from nst_tf_cli.sheets.contact_sheet import contact_sheet
from nst_tf_cli.sheets.panels import paint_panels
from nst_tf_cli.sheets.paper_figures import Figure, make_figures

WIDEST, TALLEST = 1200, 850
"""Pixels of a sheet's sides; a larger one is reduced."""

PUBLISHED = {
    "Content, layer by layer": "figure_1_content",
    "Style, layer by layer": "figure_1_style",
    "One photograph, several styles": "figure_2",
    "Layers against ratio": "figure_3",
    "Content from another layer": "figure_5_of_2016",
    "Where it starts": "figure_6_of_2016",
}
"""Title of a figure to the name of its sheet."""


def paint_sheets(
    content: Path,
    styles: Sequence[Path],
    folder: Path,
    target: Path,
    *,
    config: StyleConfig,
    published: Mapping[str, str] = MappingProxyType(PUBLISHED),
) -> list[Path]:
    """Paint the figures, what is not there yet, and lay each out on a sheet.

    Args:
        content: The photograph.
        styles: Paintings; the first gets most figures.
        folder: Where the pictures are kept.
        target: Folder of the sheets, which replace older ones.
        config: Settings that all figures share.
        published: Title of each figure wanted to the name of its sheet.
    """
    pictures = {path.stem: load_picture(path) for path in styles}
    figures = [each for each in make_figures(load_picture(content), pictures, config) if each.title in published]
    panels = [panel for figure in figures for panel in figure.panels]
    paint_panels(panels, folder)
    sheets = [target / f"{published[figure.title]}.jpg" for figure in figures]
    for figure, sheet in zip(figures, sheets, strict=True):
        nst_tf.save_image(sheet, _laid_out(figure, folder), overwrite=True)
    return sheets


def _laid_out(figure: Figure, folder: Path) -> npt.NDArray[np.float32]:
    """Put a figure on a sheet that is not too large."""
    sheet = contact_sheet(figure.grid(folder), figure.rows, figure.columns)
    scale = min(1.0, WIDEST / sheet.shape[2], TALLEST / sheet.shape[1])
    size = round(sheet.shape[1] * scale), round(sheet.shape[2] * scale)
    return np.asarray(resize(sheet, size))
