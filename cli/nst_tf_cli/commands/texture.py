"""`nst-tf texture`: what the style layers know of a picture."""

import dataclasses
import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf.presets import FIGURE_SETTINGS
from nst_tf.sweeps import growing_subsets
from nst_tf_cli.options.common import (
    Force,
    LayerNames,
    Overwrite,
    ProgressEvery,
    Quiet,
    Show,
    StylePictures,
    joined_stems,
    result_option,
)
from nst_tf_cli.options.config_options import with_settings_of
from nst_tf_cli.options.figure_settings import LAYERS, PAPER, TERMS
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.standard_input import from_stdin
from nst_tf_cli.terminal.errors import option_name
from nst_tf_cli.terminal.job_display import output_of, show_job
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.standard_streams import STANDARD
from nst_tf_cli.terminal.watching import Watching

if TYPE_CHECKING:
    from nst_tf.scales.plan import Size


@reported
@with_settings_of(PAPER, without=(*TERMS, "style_proportions", "size"), **FIGURE_SETTINGS)
@from_stdin
def texture(
    styles: StylePictures,
    *,
    config: StyleConfig,
    size: Annotated[
        str,
        typer.Option(
            metavar="PX", help="Longer side at which the style is seen and painted, px; or WIDTHxHEIGHT of the texture."
        ),
    ] = str(FIGURE_SETTINGS["size"]),
    layers: LayerNames = LAYERS,
    cumulative: Annotated[
        bool, typer.Option("--cumulative", help="A contact sheet of the first layer, the first two, ...")
    ] = False,
    output: Annotated[Path | None, result_option("STYLE-texture.png")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    show: Show = False,
    progress_every: ProgressEvery = None,
    force: Force = False,
) -> Report:
    """Paint the texture of a picture, or of several mixed, from white noise, at any size."""
    from nst_tf.images.writing import check_output
    from nst_tf.jobs.job import Job
    from nst_tf.jobs.paint import paint
    from nst_tf.style_files import load_any_style
    from nst_tf_cli.sheets.figure_panels import style_panel
    from nst_tf_cli.sheets.panels import paint_sheet

    output = output or Path(f"{joined_stems(*styles)}-{'style' if cumulative else 'texture'}.png")
    if cumulative or output != STANDARD:
        check_output(output, overwrite=overwrite)
    longer, shape = parse_size(size)
    config = dataclasses.replace(config, size=longer, style_layers=layers)
    subsets = growing_subsets(config.style_layers) if cumulative else [layers]
    panel = style_panel([load_any_style(style) for style in styles], subsets, config, size=shape)
    if cumulative:
        return paint_sheet(panel, output, overwrite=overwrite, quiet=quiet, force=force)
    config = panel.cells[0].config
    job = Job(content=styles[0], style=tuple(styles), output=output, config=config, overwrite=overwrite, force=force)
    pictures = panel.content, tuple(panel.styles)
    watching = Watching(quiet=quiet, show=show, progress_every=progress_every)
    with output_of(job, watching) as (named, watched):
        return show_job(functools.partial(paint, named, pictures=pictures, label=option_name), watched)


def parse_size(text: str) -> "tuple[int | None, Size | None]":
    """Read `512` as a longer side, `640x256` as width and height.

    Raises:
        ValueError: If it is neither.
    """
    sides = re.fullmatch(r"\s*(\d{1,5})(?:\s*x\s*(\d{1,5}))?\s*", text)
    if sides is None or 0 in (int(side) for side in sides.groups("1")):
        raise ValueError(f"size must be a number of pixels, or WIDTHxHEIGHT such as 640x256; got {text!r}.")
    return (None, (int(sides[2]), int(sides[1]))) if sides[2] else (int(sides[1]), None)
