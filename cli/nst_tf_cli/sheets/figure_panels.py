"""Content alone, style alone, and sweeps: what `reconstruct`, `texture` and `sweep` do."""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture
from nst_tf.images.reading import load_picture
from nst_tf.images.writing import check_output
from nst_tf.jobs.job import Manner
from nst_tf.jobs.paint import paint_pictures
from nst_tf.scales.plan import Size
from nst_tf.sweeps import Cell, growing_subsets, layers_label, make_cells, parse_axis
from nst_tf_cli.sheets.panels import Panel, paint_sheet
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow


def reconstruct(content: Path, output: Path, layers: str, *, config: StyleConfig, manner: Manner) -> None:
    """Paint what each layer knows of a picture."""
    check_output(output, overwrite=manner.overwrite)
    paint_sheet(content_panel(load_picture(content), layers, config), output, manner=manner)


def texture(
    style: Path, output: Path, layers: str, *, size: str, cumulative: bool, config: StyleConfig, manner: Manner
) -> None:
    """Paint a texture, or those of growing subsets of layers."""
    check_output(output, overwrite=manner.overwrite)
    longer, shape = parse_size(size)
    config = dataclasses.replace(config, size=longer, style_layers=layers)
    picture = load_picture(style)
    panel = style_panel(picture, growing_subsets(config.style_layers) if cumulative else [layers], config, size=shape)
    if cumulative:
        paint_sheet(panel, output, manner=manner)
        return
    pictures = panel.content, panel.style
    paint_pictures(pictures, output, files=(style, style), config=panel.cells[0].config, manner=manner)


def sweep(
    content: Path, style: Path, output: Path, vary: Sequence[str], *, config: StyleConfig, manner: Manner
) -> None:
    """Paint a contact sheet over one or two settings."""
    check_output(output, overwrite=manner.overwrite)
    axes = [parse_axis(text) for text in vary]
    if len(dict(axes)) < len(axes):
        raise ValueError(f"Two settings must vary, not one twice; got {' and '.join(vary)}.")
    cells = make_cells(config, dict(axes))
    paint_sheet(Panel(content=load_picture(content), style=load_picture(style), cells=cells), output, manner=manner)


def content_panel(content: Picture, layers: str, config: StyleConfig) -> Panel:
    """Return a panel of one row: a picture from each layer alone."""
    start_tensorflow()
    from nst_tf.figures import reconstruction

    cells = make_cells(reconstruction(config, layers), {"content_layers": layers.split(",")})
    return Panel(content=content, style=content, cells=[cell._replace(column=_layers(cell)) for cell in cells])


def style_panel(
    style: Picture, subsets: Sequence[Sequence[str] | str], config: StyleConfig, *, size: Size | None = None
) -> Panel:
    """Return a panel of one row: a texture from each set of layers."""
    start_tensorflow()
    from nst_tf.figures import texture

    canvas, config = texture(style, size=size, config=config)
    return Panel(content=Picture(canvas, None), style=style, cells=make_cells(config, {"style_layers": subsets}))


def parse_size(text: str) -> tuple[int | None, Size | None]:
    """Read `512` as a longer side, `640x256` as width and height.

    Raises:
        ValueError: If it is neither.
    """
    sides = re.fullmatch(r"\s*(\d{1,5})(?:\s*x\s*(\d{1,5}))?\s*", text)
    if sides is None or 0 in (int(side) for side in sides.groups("1")):
        raise ValueError(f"size must be a number of pixels, or WIDTHxHEIGHT such as 640x256; got {text!r}.")
    return (None, (int(sides[2]), int(sides[1]))) if sides[2] else (int(sides[1]), None)


def _layers(cell: Cell) -> str:
    return layers_label(cell.config.content_layers)
