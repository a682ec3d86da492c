"""Axes of a contact sheet: which setting varies along each, and over which values. Imports no TensorFlow."""

import dataclasses
import difflib
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from nst_tf.config import SETTINGS, StyleConfig
from nst_tf.layer_names import paper_name
from nst_tf.settings import LAYER_WEIGHTS, NUMBER, NUMBERS, WHOLE_NUMBER, Layers, LayerWeights, checked

RATIO = "ratio"
"""Axis that is not a setting: the paper's alpha/beta, content over style weight; the style weight is fixed."""

CUMULATIVE = "cumulative"
"""Value on an axis of layers: the growing subsets of the configuration's layers, as in the paper."""

_SHORT = {"content_layers": "content", "style_layers": "style", RATIO: "content/style"}


class Cell(NamedTuple):
    """A picture of a contact sheet.

    Attributes:
        row: Label of its row; empty if there is only one axis.
        column: Label of its column.
        config: Its settings.
    """

    row: str
    column: str
    config: StyleConfig


def make_cells(config: StyleConfig, vary: Mapping[str, Sequence[Any]]) -> list[Cell]:
    """Combine every value of one axis with every value of the other, row by row.

    Args:
        config: The settings that do not vary.
        vary: Maps a setting, or `ratio`, to its values; of two, the first gives the rows and the second the columns.

    Raises:
        ValueError: If an axis or a value is invalid, or there are not one or two axes.
    """
    if not 1 <= len(vary) <= 2 or not all(_is_list(values) and len(values) for values in vary.values()):
        raise ValueError(f"One or two settings can vary, each over one or more values; got {dict(vary)!r}.")
    axes = [(name, _expanded(name, values, config)) for name, values in vary.items()]
    cells = []
    for combination in itertools.product(*(values for _, values in axes)):
        changed, labels = config, [""] * (2 - len(axes))
        for (name, _), value in zip(axes, combination, strict=True):
            changed = varied(changed, name, value)
            labels.append(label(changed, name))
        cells.append(Cell(labels[0], labels[1], changed))
    _refuse_twins(cells)
    return cells


def varied(config: StyleConfig, name: str, value: Any) -> StyleConfig:
    """Return the configuration with an axis set to a value.

    Raises:
        ValueError: If there is no such axis, or the value is invalid.
    """
    if name == RATIO:
        return dataclasses.replace(config, content_weight=value * config.style_weight)
    if name not in SETTINGS:
        like = difflib.get_close_matches(name, (RATIO, *SETTINGS), 1)
        known = f"did you mean {like[0]}?" if like else f"choose {RATIO}, or a setting such as seed."
        raise ValueError(f"There is no setting {name!r} to vary; {known}")
    return dataclasses.replace(config, **{name: value})


def growing_subsets(layers: Layers) -> list[list[str]]:
    """Return the first layer, the first two, and so on up to all, as in the paper's figures."""
    names = [name for name, _ in cast(LayerWeights, layers)]
    return [names[: count + 1] for count in range(len(names))]


def parse_axis(text: str) -> tuple[str, list[Any]]:
    """Read an axis as a user types it: `pooling=average,max`, `style-layers=conv1_1,conv1_1+conv2_1`, `seed=1,2`.

    Raises:
        ValueError: If the text is not an axis.
    """
    typed, equals, values = text.partition("=")
    name = typed.strip().removeprefix("--").replace("-", "_")
    texts = [value.strip() for value in values.split(",") if value.strip()]
    if not equals or not texts:
        raise ValueError(f"vary must be NAME=VALUE,VALUE,... such as seed=1,2,3; got {text!r}.")
    return name, [_value(name, value) for value in texts]


def label(config: StyleConfig, name: str) -> str:
    """Return the label of a row or a column."""
    if name == RATIO:
        value: Any = config.content_weight / config.style_weight if config.style_weight else float("inf")
    else:
        value = getattr(config, name)
    numbers = value if isinstance(value, tuple) and not _is_layers(name) else (value,)
    text = ":".join(f"{each:g}" if isinstance(each, float) else str(each) for each in numbers)
    if _is_layers(name):
        text = layers_label(value)
    return f"{_SHORT.get(name, name.replace('_', ' '))} {text}"


def layers_label(layers: Layers) -> str:
    """Join the paper's names of layers, with their weights if these differ."""
    pairs = cast(LayerWeights, layers)
    equal = len({weight for _, weight in pairs}) == 1
    return " + ".join(paper_name(name) + ("" if equal else f" x{weight:g}") for name, weight in pairs)


def _expanded(name: str, values: Sequence[Any], config: StyleConfig) -> list[Any]:
    layers = _is_layers(name)
    return [
        each
        for value in values
        for each in (growing_subsets(getattr(config, name)) if layers and value == CUMULATIVE else [value])
    ]


def _value(name: str, text: str) -> Any:
    if _is_layers(name):
        return text.replace("+", ",")
    if name in SETTINGS and SETTINGS[name].metadata["kind"] == NUMBERS:
        return checked(SETTINGS[name], text.replace(":", ","))
    flags = SETTINGS[name].metadata if name in SETTINGS else {}
    if flags.get("optional") and text.lower() == "none":
        return None
    kind = NUMBER if name == RATIO else str(flags.get("kind"))
    number = {WHOLE_NUMBER: int, NUMBER: float}.get(kind, str)
    try:
        return number(text)
    except ValueError:
        raise ValueError(f"{name} must vary over {'whole ' * (number is int)}numbers; got {text!r}.") from None


def _is_layers(name: str) -> bool:
    return name in SETTINGS and SETTINGS[name].metadata["kind"] == LAYER_WEIGHTS


def _is_list(values: Any) -> bool:
    return isinstance(values, Sequence) and not isinstance(values, str)


def _refuse_twins(cells: Sequence[Cell]) -> None:
    labels = [cell[:2] for cell in cells]
    twins = [" ".join(each).strip() for each in labels if labels.count(each) > 1]
    if twins:
        raise ValueError(f"Values must be distinct; got {twins[0]} more than once.")
