"""The commands of `nst-tf` that paint the paper's figures: what each takes."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf.presets import FIGURE_SETTINGS
from nst_tf_cli.options.config_options import with_settings, with_settings_of
from nst_tf_cli.terminal.errors import report_errors

figures_app = typer.Typer()

PAPER = "paper"
TERMS = ("content_weight", "style_weight", "content_layers", "style_layers", "start")
"""Settings that content alone and style alone decide themselves."""

VARIED = ("content_layers", "style_layers", "start", "pooling", "style_scale")
"""Settings that one of the figures varies."""

LAYERS = str(StyleConfig.style_layers)
"""Those of the paper's Figure 1."""

Sheet = Annotated[
    Path | None, typer.Option("--output", "-o", help="Contact sheet: .png, .jpg, .webp or .tif; pictures beside it.")
]
LayerNames = Annotated[str, typer.Option(help="Layers, as NAME,NAME,...")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the result if it exists.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Force = Annotated[bool, typer.Option("--force", help="Paint even if the memory seems too small.")]


@figures_app.command()
@report_errors
@with_settings_of(PAPER, without=(*TERMS, "style_scale", "style_proportions"), **FIGURE_SETTINGS)
def reconstruct(
    content: Annotated[Path, typer.Argument(help="The picture.")],
    *,
    config: StyleConfig,
    layers: LayerNames = LAYERS,
    output: Sheet = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Find what each layer knows of a picture's content, from white noise."""
    from nst_tf.jobs.job import Manner
    from nst_tf_cli.sheets.figure_panels import reconstruct

    output = output or Path(f"{content.stem}-content.png")
    reconstruct(content, output, layers, config=config, manner=Manner(overwrite=overwrite, quiet=quiet, force=force))


@figures_app.command()
@report_errors
@with_settings_of(PAPER, without=(*TERMS, "style_proportions", "size"), **FIGURE_SETTINGS)
def texture(
    style: Annotated[Path, typer.Argument(help="The picture.")],
    *,
    config: StyleConfig,
    size: Annotated[
        str,
        typer.Option(help="Longer side at which the style is seen and painted, px; or WIDTHxHEIGHT of the texture."),
    ] = str(FIGURE_SETTINGS["size"]),
    layers: LayerNames = LAYERS,
    cumulative: Annotated[
        bool, typer.Option("--cumulative", help="A contact sheet of the first layer, the first two, ...")
    ] = False,
    output: Sheet = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Paint a picture's texture, from white noise, at any size."""
    from nst_tf.jobs.job import Manner
    from nst_tf_cli.sheets.figure_panels import texture

    output = output or Path(f"{style.stem}-{'style' if cumulative else 'texture'}.png")
    manner = Manner(overwrite=overwrite, quiet=quiet, force=force)
    texture(style, output, layers, size=size, cumulative=cumulative, config=config, manner=manner)


@figures_app.command()
@report_errors
@with_settings
def sweep(
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    style: Annotated[Path, typer.Argument(help="The painting.")],
    *,
    config: StyleConfig,
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="AXIS=V1,V2,...",
            help="Any setting below, or ratio (alpha/beta), and its values; twice for rows and columns. Layers are "
            "joined by +; cumulative stands for the first layer, the first two, ...",
        ),
    ],
    output: Sheet = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Paint one picture in many ways: a contact sheet over one or two settings."""
    from nst_tf.jobs.job import Manner
    from nst_tf_cli.sheets.figure_panels import sweep

    output = output or Path(f"{content.stem}-{style.stem}-sweep.png")
    manner = Manner(overwrite=overwrite, quiet=quiet, force=force)
    sweep(content, style, output, vary, config=config, manner=manner)


@figures_app.command()
@report_errors
@with_settings_of(PAPER, without=(*VARIED, "style_weight"), **FIGURE_SETTINGS)
def figures(
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    styles: Annotated[list[Path], typer.Argument(metavar="STYLE...", help="Paintings; the first gets most figures.")],
    *,
    config: StyleConfig,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the page and its pictures.")],
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Paint every figure of the paper, and a page that shows them."""
    from nst_tf.jobs.job import Manner
    from nst_tf_cli.sheets.paper_figures import paint_figures

    manner = Manner(overwrite=overwrite, quiet=quiet, force=force)
    paint_figures(content, styles, output, config=config, manner=manner)
