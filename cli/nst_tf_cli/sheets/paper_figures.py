"""The paper's figures with one's own pictures, and a page that shows them."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture
from nst_tf.layer_names import canonical_layer, smallest_side
from nst_tf.sweeps import Cell, growing_subsets, make_cells
from nst_tf_cli.sheets.figure_panels import content_panel, style_panel
from nst_tf_cli.sheets.html_page import Section, html_page
from nst_tf_cli.sheets.panels import Image, Panel

RATIOS = (0.01, 0.1, 1.0, 10.0)
"""alpha/beta in the paper's Figure 3, from left to right, as multiples of the ratio of all other figures."""

CONTENT_LAYERS = ("conv2_2", "conv4_2")
SEEDS = (0, 1, 2, 3)
STYLE_SCALES = (0.5, 1.0, 2.0)
PAGE = "index.html"


@dataclass(frozen=True, kw_only=True, eq=False)
class Figure:
    """A figure of the page: panels that stand side by side, or one of several rows."""

    title: str
    caption: str
    panels: Sequence[Panel]

    @property
    def rows(self) -> list[str]:
        """Labels of the rows, which all panels share."""
        return self.panels[0].rows

    @property
    def columns(self) -> list[str]:
        """Labels of the columns."""
        return [column for panel in self.panels for column in panel.columns]

    def grid(self, folder: Path) -> list[list[Image]]:
        """Read all pictures, row by row."""
        grids = [panel.grid(folder) for panel in self.panels]
        return [[image for part in parts for image in part] for parts in zip(*grids, strict=True)]


def make_figures(content: Picture, styles: Mapping[str, Picture], config: StyleConfig) -> list[Figure]:
    """Plan the figures of Gatys, Ecker and Bethge 2015 and 2016.

    Args:
        content: An image and its opacity.
        styles: Name to picture; the first is used where the paper uses one.
        config: Settings that all figures share.
    """
    name, style = next(iter(styles.items()))
    ratios = [factor * config.content_weight / config.style_weight for factor in RATIOS]
    subsets = growing_subsets(config.style_layers)
    layers = ",".join(subsets[-1])

    def panel(*axes: Mapping[str, Sequence[Any]], start: str = config.start) -> Panel:
        """Plan a panel of one cell."""
        base = dataclasses.replace(config, start=start)
        cells = [cell for axis in axes for cell in make_cells(base, axis)]
        return Panel(content=content, styles=[style], cells=cells)

    each = [
        Panel(content=content, styles=[picture], cells=[Cell("", label, config)]) for label, picture in styles.items()
    ]
    ways = panel({"start": ["content", "style"]}, {"seed": SEEDS})
    return [
        Figure(
            title="Content, layer by layer",
            caption="What one layer knows of the photograph, found from white noise (2015, Figure 1, top). The first "
            "layers keep the very pixels; deeper ones keep what is where and let go of how it looks.",
            panels=[content_panel(content, layers, config)],
        ),
        Figure(
            title="Style, layer by layer",
            caption=f"What more and more layers know of {name} as a texture, found from white noise (2015, Figure 1, "
            "bottom). What hangs together grows with the layers; where things were is gone from the first.",
            panels=[style_panel([style], subsets, config)],
        ),
        Figure(
            title="One photograph, several styles",
            caption="Content and style of different pictures in one (2015, Figure 2).",
            panels=each,
        ),
        Figure(
            title="Layers against ratio",
            caption="Down: more layers of the style. To the right: more weight for the content, as content over style "
            "weight (2015, Figure 3).",
            panels=[panel({"style_layers": subsets, "ratio": ratios})],
        ),
        Figure(
            title="Content from another layer",
            caption="A shallow content layer keeps the photograph's detail, a deep one lets the style redraw it "
            "(2016, Figure 5).",
            panels=[panel({"content_layers": _content_layers(config)})],
        ),
        Figure(
            title="Where it starts",
            caption="From the photograph, from the painting, and from white noise of several seeds (2016, Figure 6): "
            "the start matters little, and only noise gives as many pictures as one likes.",
            panels=[ways],
        ),
        Figure(
            title="How it pools",
            caption="The paper averages where VGG-19 takes the maximum (2015, Methods).",
            panels=[panel({"pooling": ["average", "max"]})],
        ),
        Figure(
            title="How large the style is",
            caption="The painting at several sizes: the size of the strokes follows (after Gatys et al. 2017).",
            panels=[panel({"style_scale": STYLE_SCALES})],
        ),
    ]


def figures_page(
    figures: Sequence[Figure], folder: Path, *, pictures: Mapping[str, Picture], config: StyleConfig
) -> str:
    """Lay out figures that have been painted into a folder on a page.

    Args:
        figures: What `make_figures` planned.
        folder: Where their pictures are.
        pictures: Name to picture; the content first, then the styles.
        config: The settings that all figures share.
    """
    content, *styles = pictures
    intro = f"{content} and {', '.join(styles)}: {_described(config)}."
    sections = [_section(figure, folder) for figure in figures]
    return html_page(intro, {name: picture.image for name, picture in pictures.items()}, sections)


def _content_layers(config: StyleConfig) -> list[dict[str, float]]:
    """Weigh content layers against each other as Eq 1 does, which sums over positions.

    A shallow layer has more of them; with `mean` normalization, which divides that sum, it would count for less than
    in the paper by just that factor, and hardly anything of the photograph would be left.
    """
    sides = {layer: smallest_side([canonical_layer(layer)]) for layer in CONTENT_LAYERS}
    deepest, mean = max(sides.values()), config.normalization == "mean"
    return [{layer: (deepest / side) ** 2 if mean else 1.0} for layer, side in sides.items()]


def _section(figure: Figure, folder: Path) -> Section:
    grid = figure.grid(folder)
    return Section(title=figure.title, caption=figure.caption, rows=figure.rows, columns=figure.columns, grid=grid)


def _described(config: StyleConfig) -> str:
    network = f"network {config.weights}, {config.pooling} pooling, activations {config.activations}"
    return f"{config.size} px, {config.steps} steps of {config.optimizer}, {config.normalization} terms, {network}"
