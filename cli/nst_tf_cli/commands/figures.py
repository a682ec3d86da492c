"""`nst-tf figures`: every figure of the paper, with one's own pictures."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf.presets import FIGURE_SETTINGS
from nst_tf_cli.options.common import Force, Overwrite, Quiet
from nst_tf_cli.options.config_options import with_settings_of
from nst_tf_cli.options.figure_settings import PAPER, VARIED
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.terminal.report import Report


@reported
@with_settings_of(PAPER, without=(*VARIED, "style_weight"), **FIGURE_SETTINGS)
def figures(
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    styles: Annotated[list[Path], typer.Argument(metavar="STYLE...", help="Paintings; the first gets most figures.")],
    *,
    config: StyleConfig,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder of the page and its pictures.")
    ],
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    force: Force = False,
) -> Report:
    """Paint every figure of the paper, and a page that shows them."""
    from nst_tf.images.reading import load_picture
    from nst_tf.storage.atomic_files import atomic_write
    from nst_tf_cli.sheets.panels import paint_panels
    from nst_tf_cli.sheets.paper_figures import PAGE, figures_page, make_figures

    page = output / PAGE
    if page.exists() and not overwrite:
        raise FileExistsError(f"{page} exists; choose another folder, or allow it to be replaced with --overwrite.")
    pictures = {path.stem: load_picture(path) for path in (content, *styles)}
    if len(pictures) < 1 + len(styles):
        raise ValueError("All pictures must have different names, or the page can't tell them apart.")
    made = make_figures(pictures[content.stem], {path.stem: pictures[path.stem] for path in styles}, config)
    paint_panels([panel for figure in made for panel in figure.panels], output, quiet=quiet, force=force)
    html = figures_page(made, output, pictures=pictures, config=config)
    with atomic_write(page, overwrite=overwrite) as stream:
        stream.write(html.encode(errors="backslashreplace"))  # names of files may be no UTF-8
    return Report(values={"path": str(page), "pictures": [*map(str, sorted(output.glob("*.png")))]}, text=str(page))
