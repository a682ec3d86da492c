"""`nst-tf preview`: style sizes and content weights at a glance, and how to paint each large."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf_cli.options.command_text import stylize_command
from nst_tf_cli.options.common import (
    ContentMasks,
    Force,
    Overwrite,
    Quiet,
    StyleMasks,
    StylePictures,
    joined_stems,
    sheet_option,
)
from nst_tf_cli.options.config_options import with_settings_of
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.setting_sources import BALANCED
from nst_tf_cli.options.standard_input import from_stdin
from nst_tf_cli.terminal.console import printable, say
from nst_tf_cli.terminal.report import Report

LARGE_SIZE = 1024
"""Longer side of the large picture if none is given, px."""

PREVIEW_SIZE = 256
"""Longer side of the small pictures if none is given, px: nine take less than a minute on two cores."""


@reported
@with_settings_of(BALANCED, size=LARGE_SIZE)
@from_stdin
def preview(
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    styles: StylePictures,
    *,
    config: StyleConfig,
    content_mask: ContentMasks = None,
    style_mask: StyleMasks = None,
    preview_size: Annotated[
        int, typer.Option(min=1, metavar="PX", help="Longer side of the small pictures, px; --size is the large one's.")
    ] = PREVIEW_SIZE,
    output: Annotated[Path | None, sheet_option("CONTENT-STYLE-preview.png")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    force: Force = False,
) -> Report:
    """Show at small size what style scales and content weights give, and print the commands that paint it large.

    Nine small paintings. Rows: half, the same and twice the style scale.
    Columns: a quarter, the same and four times the content weight. All
    other options are those of nst-tf stylize, for the large picture.
    """
    from nst_tf.images.reading import load_picture
    from nst_tf.images.regions import add_masks
    from nst_tf.images.writing import check_output
    from nst_tf.previews import plan_preview
    from nst_tf.style_files import load_any_style
    from nst_tf_cli.sheets.panels import Panel, sheet_values, write_sheet

    output = output or Path(f"{joined_stems(content, *styles)}-preview.png")
    check_output(output, overwrite=overwrite)
    loaded = load_picture(content), [load_any_style(style) for style in styles]
    pictures = add_masks(*loaded, content_mask=content_mask or (), style_mask=style_mask or ())
    plan = plan_preview(*pictures, config, size=preview_size)
    if not quiet:
        for name, reason in plan.left_out.items():
            say(printable(f"Leaving out {name}: {reason}"), err=True)
    panel = Panel(content=pictures[0], styles=pictures[1], cells=[each.cell for each in plan.previews])
    begun = time.monotonic()
    write_sheet(panel, output, overwrite=overwrite, quiet=quiet, force=force)
    if not quiet:
        say(f"{printable(str(output))} shows them; these commands paint them large:", err=True)
    masks = [("--content-mask", file) for file in content_mask or ()]
    masks += [("--style-mask", file) for file in style_mask or ()]
    commands = [_command([content, *styles], each.large, masks) for each in plan.previews]
    values = sheet_values(panel, output, time.monotonic() - begun) | {"commands": commands}
    return Report(values=values, text="" if quiet else "\n".join(commands), asked=True)


def _command(pictures: Sequence[Path], config: StyleConfig, masks: Sequence[tuple[str, Path]]) -> str:
    """Return the command that paints a cell large, into a file of its own."""
    scales = config.style_scale if isinstance(config.style_scale, tuple) else (config.style_scale,)
    scale, weight = ",".join(f"{each:g}" for each in scales), f"{config.content_weight:g}"
    output = Path(f"{joined_stems(*pictures)}-scale-{scale}-content-{weight}.png")
    return stylize_command(pictures, config, [*masks, ("--output", output)])
