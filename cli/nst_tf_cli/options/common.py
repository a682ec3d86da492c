"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, cast

import typer
from typer.models import OptionInfo

from nst_tf_cli.options.completion import complete_layers

ENDINGS = ".png, .jpg, .webp, .tif or .avif"
"""Formats of results."""
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the result if it exists.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Show = Annotated[
    bool, typer.Option("--show", help="Draw the picture in the terminal while it is painted, if the terminal can.")
]
ProgressEvery = Annotated[
    int | None,
    typer.Option(min=1, help="Steps between two lines of progress in a log; by default a line every 10 s."),
]
StylePictures = Annotated[
    list[Path],
    typer.Argument(
        metavar="STYLE...", help="The style picture, or several to mix; or what nst-tf style saved.", show_default=False
    ),
]
ContentMasks = Annotated[
    list[Path] | None,
    typer.Option(
        help="Picture of the photograph's regions, in flat colors; or one file for each, white on black. Without "
        "--style-mask: where to paint, or where each style goes.",
        show_default=False,
        rich_help_panel="Masks",
    ),
]
StyleMasks = Annotated[
    list[Path] | None,
    typer.Option(
        help="The same of each style: a region is painted in the style's region of its color.",
        show_default=False,
        rich_help_panel="Masks",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Paint even if the memory seems too small.")]
LayerNames = Annotated[str, typer.Option(help="Layers, as NAME,NAME,...", autocompletion=complete_layers)]


def result_option(default: str) -> OptionInfo:
    """Return the option of a result; the default name is said, in the names of the arguments."""
    text = f"Result: {ENDINGS}; - for a PNG on stdout; by default {default}."
    return cast(OptionInfo, typer.Option("--output", "-o", help=text))


def sheet_option(default: str) -> OptionInfo:
    """Return the option of a contact sheet; the default name is said, in the names of the arguments."""
    text = f"Contact sheet: {ENDINGS}; pictures beside it; by default {default}."
    return cast(OptionInfo, typer.Option("--output", "-o", help=text))


def joined_stems(*pictures: Path) -> str:
    """Join the names of pictures, without their suffixes, to one that a result gets."""
    from nst_tf.images.paging import page_stem

    return "-".join(page_stem(picture) for picture in pictures)
