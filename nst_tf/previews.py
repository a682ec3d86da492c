"""Plan a preview: which small pictures predict which large ones. Imports no TensorFlow."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture
from nst_tf.images.regions import arrange
from nst_tf.presets import PRESETS
from nst_tf.saved_styles import AnyStyle, plan_run
from nst_tf.settings import Numbers
from nst_tf.sweeps import Cell, make_cells

FACTORS = {"style_scale": (0.5, 1.0, 2.0), "content_weight": (0.25, 1.0, 4.0)}
"""Setting that varies to the multiples of its value that are shown; the first setting goes down, the other across."""


class Preview(NamedTuple):
    """A small picture and the large one that it predicts.

    Attributes:
        cell: Labels of the small picture, and its settings.
        large: Settings of the large one.
    """

    cell: Cell
    large: StyleConfig


class Plan(NamedTuple):
    """The pictures of a preview.

    Attributes:
        previews: The pictures, row by row.
        left_out: Label of a row that can't be painted to the reason.
    """

    previews: list[Preview]
    left_out: Mapping[str, str]


def plan_preview(content: Picture, styles: Sequence[AnyStyle], config: StyleConfig, *, size: int) -> Plan:
    """Vary the style's scale and the content's weight around the settings of a large picture.

    Terms are relative and coarse sizes are fractions of the result's, so that a small picture looks like the large one
    scaled down. A style scale for which a picture would be too small, or larger than a style file holds, is left out.

    Args:
        content: The content.
        styles: One or several styles.
        config: Settings of the large picture.
        size: Longer side of a small picture, in pixels; at most the large one's is painted.

    Raises:
        ValueError: If the loss depends on the size, or not even the settings as they are can be painted.
    """
    if config.normalization == "paper":
        raise ValueError(
            "A preview needs a loss that is the same at every size; choose normalization relative or mean, not paper."
        )
    arrange(content, styles, config)
    previews: list[Preview] = []
    refused: dict[float, ValueError] = {}
    for factor in FACTORS["style_scale"]:
        try:
            row = _row(config, factor, size=size)
            _check(content, styles, row[0].cell.config)
            _check(content, styles, row[0].large)
            previews += row
        except ValueError as error:
            refused[factor] = error
    if not previews:
        raise refused[1.0]
    return Plan(previews, {_row_name(config, factor): str(error) for factor, error in refused.items()})


def small_settings(config: StyleConfig, *, size: int) -> StyleConfig:
    """Return the settings of a small picture that predicts a large one: steps and scales are those of `fast`.

    Widths in pixels shrink with the result.

    Args:
        config: Settings of the large picture, with its size.
        size: Longer side of the small picture, in pixels; at most the large one's.
    """
    large = config.size or size
    size = min(size, large)
    shrunk = {name: round(getattr(config, name) * size / large) for name in ("mask_growth", "mask_edge")}
    return dataclasses.replace(
        config, size=size, scales=None, large_steps=None, stop_when=None, **PRESETS["fast"], **shrunk
    )


def _row(config: StyleConfig, factor: float, *, size: int) -> list[Preview]:
    """Return the pictures of one style scale."""
    weights = dict.fromkeys(_rounded(config.content_weight * each) for each in FACTORS["content_weight"])
    axes: dict[str, list[Any]] = {"style_scale": [_times(config.style_scale, factor)], "content_weight": [*weights]}
    cells = make_cells(config, axes)
    return [Preview(cell._replace(config=small_settings(cell.config, size=size)), cell.config) for cell in cells]


def _check(content: Picture, styles: Sequence[AnyStyle], config: StyleConfig) -> None:
    try:
        plan_run(content, styles, config)
    except ValueError as error:
        raise ValueError(f"At {config.size} px: {error}") from error


def _row_name(config: StyleConfig, factor: float) -> str:
    scales = _times(config.style_scale, factor)
    return f"style scale {':'.join(f'{scale:g}' for scale in (scales if isinstance(scales, tuple) else (scales,)))}"


def _times(value: Numbers, factor: float) -> Numbers:
    if isinstance(value, tuple):
        return tuple(_rounded(each * factor) for each in value)
    return _rounded(value * factor)


def _rounded(value: float) -> float:
    """Return a number as short as a label and a command show it."""
    return float(f"{value:.6g}")
