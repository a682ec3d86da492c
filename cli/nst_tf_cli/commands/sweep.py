"""`nst-tf sweep`: one picture in many ways."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf.sweeps import make_cells, parse_axis
from nst_tf_cli.options.common import Force, Overwrite, Quiet, StylePictures, joined_stems, sheet_option
from nst_tf_cli.options.config_options import with_settings
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.standard_input import from_stdin
from nst_tf_cli.terminal.report import Report


@reported
@with_settings
@from_stdin
def sweep(
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    styles: StylePictures,
    *,
    config: StyleConfig,
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="AXIS=V1,V2,...",
            help="Any setting below, or ratio (alpha/beta), and its values; twice for rows and columns. Layers are "
            "joined by +, numbers of several styles by a colon, as in style-weights=3:1,1:1; cumulative stands for "
            "the first layer, the first two, ...",
        ),
    ],
    output: Annotated[Path | None, sheet_option("CONTENT-STYLE-sweep.png")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    force: Force = False,
) -> Report:
    """Paint one picture in many ways: a contact sheet over one or two settings."""
    from nst_tf.images.reading import load_picture
    from nst_tf.images.writing import check_output
    from nst_tf.style_files import load_any_style
    from nst_tf_cli.sheets.panels import Panel, paint_sheet

    output = output or Path(f"{joined_stems(content, *styles)}-sweep.png")
    check_output(output, overwrite=overwrite)
    axes = [parse_axis(text) for text in vary]
    if len(axes) > 2:
        raise ValueError(f"--vary can be given once or twice, for rows and columns; got {' and '.join(vary)}.")
    if len(dict(axes)) < len(axes):
        raise ValueError(f"Two settings must vary, not one twice; got {' and '.join(vary)}.")
    cells = make_cells(config, dict(axes))
    panel = Panel(content=load_picture(content), styles=[load_any_style(style) for style in styles], cells=cells)
    return paint_sheet(panel, output, overwrite=overwrite, quiet=quiet, force=force)
