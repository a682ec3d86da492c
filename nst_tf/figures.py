"""The paper's figures: content reconstruction, texture synthesis and parameter sweeps, all by `stylize`."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture
from nst_tf.presets import FIGURE_SETTINGS, preset
from nst_tf.runs.painting import Painting
from nst_tf.runs.progress import Callback, Progress
from nst_tf.scales.plan import Size, painted_size
from nst_tf.scales.resizing import resize
from nst_tf.settings import of_each_style
from nst_tf.styles import Styles, as_styles
from nst_tf.stylizer import compiled_settings
from nst_tf.sweeps import Cell, make_cells
from nst_tf.transfer import stylize

CellCallback = Callable[[Cell, Progress], bool | None]
"""Called with a cell and its progress; returning `True` ends this cell and the sweep."""


def reconstruct(
    content: npt.ArrayLike | Picture, layer: str, *, config: StyleConfig | None = None, callback: Callback | None = None
) -> Painting:
    """Reconstruct a picture from one layer, starting from white noise (Eq 1 alone; the paper's Figure 1, content).

    Args:
        content: The picture, as `stylize` takes it.
        layer: The layer to match.
        config: The settings, except layers, term weights and start; if None, the paper's and a figure's.
        callback: As `stylize` takes it.

    Raises:
        ValueError: As `stylize` does.
    """
    config = config or preset("paper", **FIGURE_SETTINGS)
    return stylize(content, content, config=reconstruction(config, layer), callback=callback)


def synthesize_texture(
    style: Styles,
    *,
    size: Size | None = None,
    config: StyleConfig | None = None,
    callback: Callback | None = None,
) -> Painting:
    """Synthesize a texture from white noise (Eq 5 alone; the paper's Figure 1, style).

    Args:
        style: The picture, or several, as `stylize` takes them; measured with a longer side of `config.size` times
            `config.style_scale`.
        size: Height and width of the texture, in pixels; if None, the size at which the (first) style is measured.
        config: The settings, except term weights and start; if None, the paper's and a figure's.
        callback: As `stylize` takes it.

    Raises:
        ValueError: As `stylize` does.
    """
    canvas, config = texture(style, size=size, config=config or preset("paper", **FIGURE_SETTINGS))
    return stylize(canvas, style, config=config, callback=callback)


def sweep(
    content: npt.ArrayLike | Picture,
    style: Styles,
    vary: Mapping[str, Sequence[Any]],
    *,
    config: StyleConfig | None = None,
    callback: CellCallback | None = None,
) -> dict[Cell, Painting]:
    """Paint one picture with many settings, over one or two axes (such as the paper's Figure 3).

    Args:
        content: The content, as `stylize` takes it.
        style: The style, or several, as `stylize` takes them.
        vary: Setting to its values, as in `{"style_layers": ["cumulative"], "ratio": [1e-4, 1e-3]}`. `ratio` is
            alpha/beta; `cumulative` stands for the growing subsets of the layers.
        config: The other settings; the defaults if None.
        callback: Called with a cell and the progress of its painting; returning `True` ends the sweep.

    Returns:
        Cell to painting, row by row.

    Raises:
        ValueError: If an axis is not valid, or as `stylize` does.
    """
    cells = make_cells(config or StyleConfig(), vary)
    painted = dict(paint_cells(content, style, cells, callback=callback))
    return {cell: painted[cell] for cell in cells if cell in painted}


def paint_cells(
    content: npt.ArrayLike | Picture,
    style: Styles,
    cells: Iterable[Cell],
    *,
    callback: CellCallback | None = None,
) -> Iterator[tuple[Cell, Painting]]:
    """Paint cells one after the other, grouped by compiled loop, and yield each when it is done.

    Cells with different layers use different loops, so that cells with only shallow layers do not pay for deep ones.
    """
    groups: dict[StyleConfig, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(compiled_settings(cell.config), []).append(cell)
    stopped = False
    for cell in (each for group in groups.values() for each in group):

        def watch(progress: Progress, cell: Cell = cell) -> bool:
            """Call the callback, and remember whether it ends the sweep."""
            nonlocal stopped
            stopped = callback is not None and callback(cell, progress) is True
            return stopped

        yield cell, stylize(content, style, config=cell.config, callback=watch)
        if stopped:
            return


def reconstruction(config: StyleConfig, layer: str) -> StyleConfig:
    """Return settings that reconstruct a picture from one layer."""
    return dataclasses.replace(
        config,
        content_layers=layer,
        content_weight=1.0,
        style_weight=0.0,
        style_scale=1.0,
        start="noise",
        color="style",
    )


def texture(style: Styles, *, size: Size | None, config: StyleConfig) -> tuple[npt.NDArray[np.float32], StyleConfig]:
    """Return the content and the settings with which `stylize` synthesizes a texture; only the content's size counts.

    Each style keeps its own proportions and scale, whatever the size of the texture.
    """
    first, *others = as_styles(style)
    seen = painted_size(first.size, config)
    size = size or seen
    canvas = (
        resize(first.image, size).numpy() if isinstance(first, Picture) else np.full((1, *size, 3), 0.5, np.float32)
    )
    scales = of_each_style("style_scale", config.style_scale, 1 + len(others))
    return canvas, dataclasses.replace(
        config,
        content_weight=0.0,
        style_weight=config.style_weight or 1.0,
        size=max(canvas.shape[1:3]),
        style_scale=tuple(scale * max(seen) / max(canvas.shape[1:3]) for scale in scales),
        style_proportions="own",
        start="noise",
        color="style",
    )
