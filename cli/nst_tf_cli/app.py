"""The program `nst-tf`: which commands there are, in the order of its help."""

from typing import Annotated

import typer

from nst_tf import __version__
from nst_tf_cli.commands import style, weights
from nst_tf_cli.commands.batch import batch
from nst_tf_cli.commands.config import config
from nst_tf_cli.commands.demo import demo
from nst_tf_cli.commands.doctor import doctor
from nst_tf_cli.commands.export import export
from nst_tf_cli.commands.figures import figures
from nst_tf_cli.commands.info import info
from nst_tf_cli.commands.page import page
from nst_tf_cli.commands.plot import plot
from nst_tf_cli.commands.presets import presets
from nst_tf_cli.commands.preview import preview
from nst_tf_cli.commands.reconstruct import reconstruct
from nst_tf_cli.commands.request import request
from nst_tf_cli.commands.resume import resume
from nst_tf_cli.commands.serve import serve
from nst_tf_cli.commands.stylize import stylize
from nst_tf_cli.commands.sweep import sweep
from nst_tf_cli.commands.texture import texture
from nst_tf_cli.terminal.console import answer
from nst_tf_cli.terminal.download_bar import show_download_bars
from nst_tf_cli.terminal.help_words import Command, Group, with_help_words
from nst_tf_cli.terminal.program import Program

app = typer.Typer(cls=Program, no_args_is_help=True, pretty_exceptions_enable=False)
weights_app = typer.Typer(
    cls=Group, no_args_is_help=True, help="Which network weights there are; get them, verify them."
)
style_app = typer.Typer(
    cls=Group, no_args_is_help=True, help="Save a style in a file, which takes its picture's place; show one."
)
figures_app = typer.Typer()

for command in (
    stylize,
    page,
    preview,
    batch,
    resume,
    demo,
    info,
    plot,
    export,
    serve,
    request,
    doctor,
    config,
    presets,
):
    app.command(cls=Command)(with_help_words(command))
for command in (weights.show, weights.fetch, weights.check, weights.normalize):
    weights_app.command(cls=Command)(with_help_words(command))
for command in (reconstruct, texture, sweep, figures):
    figures_app.command(cls=Command)(with_help_words(command))
for command in (style.save, style.show):
    style_app.command(cls=Command)(with_help_words(command))
app.add_typer(weights_app, name="weights")
app.add_typer(style_app, name="style")
app.add_typer(figures_app)


def _show_version(wanted: bool) -> None:
    if wanted:
        answer(f"nst-tf {__version__}")
        raise typer.Exit


@app.callback()
def nst_tf(
    version: Annotated[  # noqa: ARG001 (its callback shows it)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Paint a photograph in the style of a painting (Gatys et al. 2015), in TensorFlow."""
    show_download_bars()
