"""`nst-tf reconstruct`: a picture reconstructed from each layer."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf.presets import FIGURE_SETTINGS
from nst_tf_cli.options.common import Force, LayerNames, Overwrite, Quiet, joined_stems, sheet_option
from nst_tf_cli.options.config_options import with_settings_of
from nst_tf_cli.options.figure_settings import LAYERS, PAPER, TERMS
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.standard_input import from_stdin
from nst_tf_cli.terminal.report import Report


@reported
@with_settings_of(PAPER, without=(*TERMS, "style_scale", "style_proportions"), **FIGURE_SETTINGS)
@from_stdin
def reconstruct(
    content: Annotated[Path, typer.Argument(help="The picture.")],
    *,
    config: StyleConfig,
    layers: LayerNames = LAYERS,
    output: Annotated[Path | None, sheet_option("CONTENT-content.png")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    force: Force = False,
) -> Report:
    """Reconstruct a picture from each layer's content, starting from white noise."""
    from nst_tf.images.reading import load_picture
    from nst_tf.images.writing import check_output
    from nst_tf_cli.sheets.figure_panels import content_panel
    from nst_tf_cli.sheets.panels import paint_sheet

    output = output or Path(f"{joined_stems(content)}-content.png")
    check_output(output, overwrite=overwrite)
    panel = content_panel(load_picture(content), layers, config)
    return paint_sheet(panel, output, overwrite=overwrite, quiet=quiet, force=force)
