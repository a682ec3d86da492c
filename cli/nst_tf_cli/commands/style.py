"""`nst-tf style`: save a style in a file, and show one."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nst_tf.config import LARGEST_SIZE, SETTINGS, StyleConfig
from nst_tf.layer_names import paper_name
from nst_tf_cli.options.common import Overwrite, Quiet, joined_stems
from nst_tf_cli.options.config_options import with_settings_of
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.setting_sources import BALANCED
from nst_tf_cli.terminal.console import printable
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow

if TYPE_CHECKING:
    from nst_tf.saved_styles import SavedStyle

CHOSEN = ("style_layers", "weights", "pooling", "border", "seed")
"""Settings on which a saved style depends."""


@reported
@with_settings_of(BALANCED, without=[name for name in SETTINGS if name not in CHOSEN])
def save(
    picture: Annotated[Path, typer.Argument(help="The style picture.")],
    *,
    config: StyleConfig,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Style file; by default PICTURE.nst.")] = None,
    size: Annotated[
        int, typer.Option(min=16, max=LARGEST_SIZE, help="Largest size at which a run may need it, px.")
    ] = 1024,
    overwrite: Overwrite = False,
    quiet: Quiet = False,  # noqa: ARG001 (the report is printed by `reported`)
) -> Report:
    """Save what a painting needs of a style picture, to be named in its place."""
    from nst_tf.images.reading import load_picture
    from nst_tf.storage.path_checks import check_writable
    from nst_tf.style_files import SUFFIX, load_style

    output = output or Path(f"{joined_stems(picture)}{SUFFIX}")
    check_writable(output, "style", overwrite=overwrite)
    style = load_picture(picture)
    start_tensorflow()
    from nst_tf.style_saving import save_style

    save_style(output, style, config=config, size=size, overwrite=overwrite)
    saved = load_style(output)
    text = printable(f"{output}  {_size(output)}, {_sizes(saved)}")
    return Report(values=_values(output, saved), text=text)


@reported
def show(file: Annotated[Path, typer.Argument(help="What nst-tf style save wrote.")]) -> Report:
    """Show what a style file holds."""
    from nst_tf.style_files import load_style

    style = load_style(file)
    return Report(values=_values(file, style), text="\n".join(_readable(file, style)), asked=True)


def _values(file: Path, style: "SavedStyle") -> dict[str, Any]:
    """Return a style file as JSON values."""
    height, width = style.size
    return {
        "path": str(file),
        "bytes": file.stat().st_size,
        "width": width,
        "height": height,
        "sizes": [level.longer for level in style.levels],
        "layers": [*map(paper_name, style.layers)],
        "weights": style.weights_name,
        "weights_sha256": style.weights,
        "pooling": style.pooling,
        "border": style.border,
    }


def _readable(file: Path, style: "SavedStyle") -> Iterator[str]:
    height, width = style.size
    yield printable(f"{file}: a style file, {_size(file)}")
    yield f"picture  {width}x{height} px"
    yield f"sizes    {_sizes(style)}"
    yield f"layers   {', '.join(map(paper_name, style.layers))}"
    yield printable(f"weights  {style.weights_name}, sha256 {style.weights}")
    yield f"pooling  {style.pooling}"
    yield f"border   {style.border}"


def _sizes(style: "SavedStyle") -> str:
    return f"{', '.join(str(level.longer) for level in style.levels)} px"


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"
