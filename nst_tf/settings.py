"""Kind, bounds and flags of a setting, kept in the metadata of a dataclass field. Imports no TensorFlow.

Every list of settings is derived from here: the options of the command line, the inputs of the served model, what is
compiled into the loop, what can vary on a contact sheet. A new setting is therefore written once, in `config`.
"""

import math
import numbers
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import Field, field
from typing import Any

from nst_tf.layer_names import canonical_layer

WHOLE_NUMBER, NUMBER, CHOICE, LAYER_WEIGHTS, NAME = "whole number", "number", "choice", "layer weights", "name"
CHOICE_OR_NUMBER, NUMBERS = "choice or whole number", "numbers"
"""Kinds of settings."""

SIGN = "sign"
"""Value of the flag `compiled`: only whether the setting is above 0 is compiled into the loop."""

LARGEST = 1e38
"""Largest weight of a loss term; float32 cannot hold much more."""

LayerWeights = tuple[tuple[str, float], ...]
"""Pairs of a layer's name and its weight `w_l`."""

Numbers = float | tuple[float, ...]
"""One number for all styles, or one for each."""

Layers = LayerWeights | Mapping[str, float] | Iterable[str] | str
"""What a configuration accepts for layers; it stores `LayerWeights`."""


def number(group: str, default: float | None, text: str, **flags: Any) -> Any:
    """Declare a setting that is a number.

    Args:
        group: Heading in `--help`.
        default: Default value; if it is None, the setting may be None.
        text: Help text.
        flags: Bounds (`low` and `high` inclusive, `above` and `below` exclusive); `compiled`, whether another value
            retraces the loop, or `SIGN`, or the words of a choice that do; `request`, whether a request to the served
            model may set it; `unit`, of a number of pixels.
    """
    return _setting(NUMBER, group, default, text, **flags)


def whole_number(group: str, default: int | None, text: str, **flags: Any) -> Any:
    """Declare a setting that is a whole number; the arguments are those of `number`."""
    return _setting(WHOLE_NUMBER, group, default, text, **flags)


def choice(group: str, default: str, text: str, *, choices: tuple[str, ...], **flags: Any) -> Any:
    """Declare a setting that is one of a few words; the other arguments are those of `number`."""
    return _setting(CHOICE, group, default, text, choices=choices, **flags)


def choice_or_number(group: str, default: str, text: str, *, choices: tuple[str, ...], **flags: Any) -> Any:
    """Declare a setting that is one of a few words, or a whole number of at least `low`."""
    return _setting(CHOICE_OR_NUMBER, group, default, text, choices=choices, **flags)


def numbers_of_styles(group: str, default: float, text: str, **flags: Any) -> Any:
    """Declare a setting that is a number for all styles, or one for each; the arguments are those of `number`."""
    return _setting(NUMBERS, group, default, text, of="style", **flags)


def numbers_of_regions(group: str, default: float, text: str, **flags: Any) -> Any:
    """Declare a setting that is a number for all regions of a mask, or one for each."""
    return _setting(NUMBERS, group, default, text, of="region", **flags)


def layer_weights(group: str, default: str, text: str, **flags: Any) -> Any:
    """Declare a setting that is a list of weighted layers; the arguments are those of `number`."""
    return _setting(LAYER_WEIGHTS, group, default, text, **flags)


def name_or_file(group: str, default: str, text: str, *, words: tuple[str, ...], **flags: Any) -> Any:
    """Declare a setting that is one of a few words or a file's name; the other arguments are those of `number`."""
    return _setting(NAME, group, default, text, words=words, **flags)


def of_each_style(name: str, value: Numbers, count: int) -> tuple[float, ...]:
    """Return a setting's number for each of some styles.

    Args:
        name: Name of the setting, for the error message.
        value: One number for all, or one for each.
        count: Number of styles.

    Raises:
        ValueError: If it has another number of numbers.
    """
    return of_each(name, value, count, "style")


def of_each(name: str, value: Numbers, count: int, what: str) -> tuple[float, ...]:
    """Do what `of_each_style` does, for other things than styles."""
    if not isinstance(value, tuple):
        return (value,) * count
    if len(value) != count:
        got = ", ".join(f"{each:g}" for each in value)
        hint = _with_point(",".join(f"{each:g}" for each in value)) if count == 1 else ""
        raise ValueError(f"{name} must be one number, or one for each {what}; got {got} for {count} of them.{hint}")
    return value


def shares_of(style_weights: Numbers, count: int) -> tuple[float, ...]:
    """Return the share of each of some styles: its weight, divided by the sum of all.

    Raises:
        ValueError: If there are other than one weight or `count`.
    """
    weights = of_each_style("style_weights", style_weights, count)
    parts = [weight / max(weights) for weight in weights]  # so that the sum stays finite
    return tuple(part / sum(parts) for part in parts)


def _setting(kind: str, group: str, default: Any, text: str, **flags: Any) -> Any:
    metadata = {"kind": kind, "group": group, "help": text, "optional": default is None}
    return field(default=default, metadata={"compiled": False, "request": False, **metadata, **flags})


def checked(setting: Field[Any], value: Any) -> Any:
    """Check a value and return it as a configuration stores it.

    Raises:
        ValueError: If the setting does not allow the value; the message says what it allows.
    """
    kind = setting.metadata["kind"]
    if kind == LAYER_WEIGHTS:
        return _layer_weights(setting.name, value)
    if kind == NAME:
        return _name(setting.name, value)
    if kind == NUMBERS:
        return _numbers(setting.name, value, setting.metadata)
    if kind == CHOICE_OR_NUMBER:
        return _choice_or_number(setting.name, value, setting.metadata)
    _check(setting.name, value, setting.metadata)
    return value


def from_text(setting: Field[Any], text: str) -> Any:
    """Return a text, as of a table or a form, as the type of a setting; as it is if it has another form."""
    convert: Any = {WHOLE_NUMBER: int, NUMBER: float}.get(setting.metadata["kind"], str)
    try:
        return convert(text)
    except ValueError:
        return text  # `checked` says what is wrong


def _choice_or_number(name: str, value: Any, flags: Mapping[str, Any]) -> Any:
    number = int(value) if isinstance(value, str) and value.isdecimal() and value.isascii() else value
    whole = isinstance(number, numbers.Integral) and not isinstance(number, bool)
    if number in flags["choices"] or (whole and flags["low"] <= number <= LARGEST):
        return int(number) if whole else number
    words = ", ".join(flags["choices"])
    raise ValueError(f"{name} must be {words}, or a whole number of at least {flags['low']}; got {value}.")


def _numbers(name: str, value: Any, flags: Mapping[str, Any]) -> Numbers:
    given = value
    if isinstance(value, str):
        value = [_as_number(name, part, flags["of"]) for part in value.split(",")]
    each = tuple(value) if isinstance(value, Iterable) else (value,)
    if not each:
        raise ValueError(f"{name} must be one number, or one for each {flags['of']}; got none.")
    try:
        for item in each:
            _check(name, item, flags)
    except ValueError as error:
        raise ValueError(f"{error}{_with_point(given)}") from None
    if not any(each):
        raise ValueError(f"{name} must have a number above 0; got {', '.join(map(str, each))}.")
    return float(each[0]) if len(each) == 1 else tuple(float(item) for item in each)


def _as_number(name: str, text: str, of: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, or one for each {of} as in 2,1; got {text.strip()!r}.") from None


def _layer_weights(setting: str, value: Any) -> LayerWeights:
    given = value
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    items = list(value.items()) if isinstance(value, Mapping) else list(value) if isinstance(value, Iterable) else []
    pairs = [_layer_weight(setting, item, default=1 / len(items)) for item in items]
    if not pairs or len(dict(pairs)) < len(pairs):
        raise ValueError(f"{setting} must name one or more layers, each once, such as conv4_2; got {given!r}.")
    return tuple(pairs)


def _layer_weight(setting: str, item: Any, *, default: float) -> tuple[str, float]:
    pair = item
    if isinstance(item, str):
        pair = item.split("=", 1) if "=" in item else (item, default)
    try:
        name, weight = str(pair[0]), float(pair[1])
    except (TypeError, ValueError, IndexError):
        raise ValueError(f"{setting} must be names or weighted names, as in conv4_2=0.5; got {item!r}.") from None
    _check(f"{setting} ({name})", weight, {"low": 0, "high": LARGEST})
    return canonical_layer(name), weight


def _name(setting: str, value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)) or not str(value):
        raise ValueError(f"{setting} must be a word or a file's name; got {value!r}.")
    return str(value)


def _check(name: str, value: Any, bounds: Mapping[str, Any]) -> None:
    if "choices" in bounds and value not in bounds["choices"]:
        raise ValueError(f"{name} must be one of {', '.join(bounds['choices'])}; got {value!r}.")
    if not bounds.keys() & _BOUND_WORDS.keys() or (value is None and bounds.get("optional")):
        return
    whole = bounds.get("kind") == WHOLE_NUMBER
    number = isinstance(value, numbers.Integral if whole else numbers.Real) and not isinstance(value, bool)
    if not number or not _within(value, bounds):
        kind, got = "whole" if whole else "finite", value if str(value).strip() else repr(value)
        raise ValueError(
            f"{name} must be a {kind} number {_in_words(bounds)}; got {got}.{'' if whole else _with_point(value)}"
        )


def _in_words(bounds: Mapping[str, Any]) -> str:
    """Say between which bounds a number lies; one that nobody reaches is left out."""
    known = {key: f"{bounds[key]:,}".removesuffix(".0") for key in _BOUND_WORDS if bounds.get(key, LARGEST) < LARGEST}
    if known.keys() == {"low", "high"}:
        return f"from {known['low']} to {known['high']}"
    return " and ".join(f"{_BOUND_WORDS[key]} {bound}" for key, bound in known.items())


def _with_point(value: Any) -> str:
    """Say how a number is written, to someone who writes it with a comma."""
    comma = isinstance(value, str) and re.fullmatch(r"\s*-?\d+,\d+\s*", value)
    return f" Write {value.strip().replace(',', '.')}, with a point." if comma else ""


_BOUND_WORDS = {"low": "of at least", "above": "above", "below": "below", "high": "of at most"}


def _within(value: float, bounds: Mapping[str, Any]) -> bool:
    inside = bounds.get("low", -math.inf) <= value <= bounds.get("high", math.inf)
    return bool(inside and bounds.get("above", -math.inf) < value < bounds.get("below", math.inf))
