"""Panels of content alone and of style alone, as in the paper's Figure 1."""

from collections.abc import Sequence

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture
from nst_tf.saved_styles import AnyStyle
from nst_tf.scales.plan import Size
from nst_tf.sweeps import Cell, layers_label, make_cells
from nst_tf_cli.sheets.panels import Panel
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow


def content_panel(content: Picture, layers: str, config: StyleConfig) -> Panel:
    """Return a panel of one row: a picture from each layer alone."""
    start_tensorflow()
    from nst_tf.figures import reconstruction

    cells = make_cells(reconstruction(config, layers), {"content_layers": layers.split(",")})
    return Panel(content=content, styles=[content], cells=[cell._replace(column=_layers(cell)) for cell in cells])


def style_panel(
    styles: Sequence[AnyStyle], subsets: Sequence[Sequence[str] | str], config: StyleConfig, *, size: Size | None = None
) -> Panel:
    """Return a panel of one row: a texture from each set of layers."""
    start_tensorflow()
    from nst_tf.figures import texture

    canvas, config = texture(styles, size=size, config=config)
    return Panel(content=Picture(canvas), styles=styles, cells=make_cells(config, {"style_layers": subsets}))


def _layers(cell: Cell) -> str:
    return layers_label(cell.config.content_layers)
