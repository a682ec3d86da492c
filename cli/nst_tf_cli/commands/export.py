"""`nst-tf export`: a SavedModel for TF Serving."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf_cli.options.config_options import with_settings
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.terminal.extras import extra
from nst_tf_cli.terminal.progress_bar import show_working
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_serving.limits import Limits


@reported
@with_settings
def export(
    directory: Annotated[Path, typer.Argument(help="Folder of the model; its versions are folders in it.")],
    *,
    config: StyleConfig,
    style: Annotated[
        list[str],
        typer.Option(metavar="NAME=FILE", help="A picture to put into the model; a request can name it. Repeatable."),
    ] = [],  # noqa: B006 (Typer copies it)
    version: Annotated[int | None, typer.Option(help="Number of the version; without it the next one.")] = None,
    most_steps: Annotated[int, typer.Option(help="Most steps that a request may ask for.")] = Limits.steps,
    most_pixels: Annotated[int, typer.Option(help="Most pixels of a painting.")] = Limits.pixels,
    most_input_pixels: Annotated[int, typer.Option(help="Most pixels of a picture sent.")] = Limits.input_pixels,
    most_bytes: Annotated[int, typer.Option(help="Most bytes of a picture sent.")] = Limits.input_bytes,
    most_pictures: Annotated[int, typer.Option(help="Most paintings per request.")] = Limits.pictures,
) -> Report:
    """Write a SavedModel for TF Serving. The settings are the defaults of requests."""
    limits = Limits(
        pictures=most_pictures,
        steps=most_steps,
        pixels=most_pixels,
        input_pixels=most_input_pixels,
        input_bytes=most_bytes,
    )
    styles = _named(style)
    start_tensorflow()
    with extra("export"), show_working(f"Tracing the loop and writing the model to {directory}, half a minute or so"):
        from nst_tf.network.precision import resolved_precision
        from nst_tf_serving.saved_model.exporter import export

        folder = export(directory, config=config, version=version, limits=limits, styles=styles)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    precision = resolved_precision(config.precision)
    values = {"path": str(folder), "bytes": size, "precision": precision}
    return Report(values=values, text=f"{folder}  {size / 1e6:.1f} MB, {precision}")


def _named(given: list[str]) -> dict[str, Path]:
    """Return name to file of what was given as NAME=FILE."""
    files: dict[str, Path] = {}
    for each in given:
        name, equals, file = each.partition("=")
        if not (name and equals and file):
            raise ValueError(f"--style must be NAME=FILE, as in --style vangogh=starry_night.jpg; got {each!r}.")
        if name in files:
            raise ValueError(f"--style names {name!r} twice; choose another name.")
        files[name] = Path(file)
    return files
