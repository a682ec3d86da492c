"""Every setting and its default, once. The command line reads its options, ranges and help from here.

Nothing here imports TensorFlow.
"""

import math
import numbers
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

from nst_tf.layer_names import canonical_layer

NORMALIZATIONS = ("relative", "paper", "mean")
POOLINGS = ("average", "max")
STARTS = ("content", "noise", "style")
OPTIMIZERS = ("adam", "lbfgs")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
ACTIVATIONS = ("unchanged", "normalized", "auto")
PROPORTIONS = ("own", "content")
WEIGHTS = ("auto", "imagenet", "imagenet-8bit", "builtin", "random")

DEFAULT_SIZE = 512
"""Longer side in pixels of a picture whose size nobody chose; a larger photograph is reduced to it."""


DEFAULT_SCALES = 7
"""How many sizes a picture is painted at when nobody chose, from an eighth of the result's on; fewer if it is small."""

LARGEST_SIZE = 16383
"""Longer side in pixels of the largest picture that every output format can hold; WebP sets the limit."""

OPTIONAL = ("size", "scales", "coarse_steps", "stop_when")
"""Settings that may be None."""

_LARGEST = 1e38  # what float32 can hold

LayerWeights = tuple[tuple[str, float], ...]
"""Pairs of a layer's name and its weight `w_l`."""

Layers = LayerWeights | Mapping[str, float] | Iterable[str] | str
"""What a configuration accepts for layers; it keeps `LayerWeights`."""


def _setting(group: str, default: Any, text: str, **bounds: Any) -> Any:
    return field(default=default, metadata={"group": group, "help": text, **bounds})


@dataclass(frozen=True, kw_only=True)
class StyleConfig:
    """How a picture is painted. Values are checked on construction; `ValueError` says what is wrong.

    Layers may be given as names (each then weighs `1/n`, as in the paper), as a mapping of names to
    weights, or as text: `"conv1_1,conv2_1"` or `"conv1_1=1,conv2_1=0.5"`.
    """

    content_weight: float = _setting(
        "Loss", 0.08, "Weight of the content term, the paper's alpha.", low=0, high=_LARGEST
    )
    style_weight: float = _setting("Loss", 1.0, "Weight of the style term, the paper's beta.", low=0, high=_LARGEST)
    tv_weight: float = _setting(
        "Loss", 1.5, "Weight of the total variation, which smooths; not in the paper.", low=0, high=_LARGEST
    )
    content_layers: Layers = _setting("Loss", "conv4_2", "Layers that hold the content, as NAME,... or NAME=WEIGHT,...")
    style_layers: Layers = _setting(
        "Loss",
        "conv1_1=0.1,conv2_1=0.15,conv3_1=0.2,conv4_1=0.4,conv5_1=0.15",
        "Layers that hold the style, as NAME,... or NAME=WEIGHT,...",
    )
    normalization: str = _setting(
        "Loss",
        "relative",
        "Terms relative to their targets' energy; the paper's equations; or those, Eq 1 as a mean over positions.",
        choices=NORMALIZATIONS,
    )
    precision: str = _setting(
        "Network", "auto", "Type of the network's arithmetic; auto takes what is fast here.", choices=PRECISIONS
    )
    pooling: str = _setting("Network", "average", "How VGG-19 pools: the paper averages.", choices=POOLINGS)
    activations: str = _setting(
        "Network",
        "unchanged",
        "Filters as they are, or scaled to a mean activation of one on the two pictures, as in the paper; auto scales "
        "ImageNet's if content and style both count.",
        choices=ACTIVATIONS,
    )
    weights: str = _setting("Network", "auto", f"Network weights: {', '.join(WEIGHTS)}, or a file in VGG-19's layout.")
    size: int | None = _setting(
        "Picture",
        None,
        f"Longer side of the result, px; without it the photograph's own, at most {DEFAULT_SIZE}.",
        low=1,
        high=LARGEST_SIZE,
    )
    style_scale: float = _setting(
        "Picture", 1.0, "Longer side of the style picture as a multiple of the result's.", above=0, high=10
    )
    style_proportions: str = _setting(
        "Picture", "own", "Whether the style keeps its proportions or gets the content's.", choices=PROPORTIONS
    )
    start: str = _setting("Picture", "content", "Picture to start from: content, noise, style, or a file.")
    scales: int | None = _setting(
        "Scales",
        None,
        f"Sizes to paint, coarse to fine by a factor of 1.4; without it up to {DEFAULT_SCALES}; 1 is the paper's.",
        low=1,
        high=32,
    )
    coarse_steps: int | None = _setting(
        "Scales",
        None,
        "Steps at each size before the last; without it half of --steps.",
        low=1,
        high=1_000_000_000,
    )
    steps: int = _setting("Optimizer", 60, "Steps at the result's size.", low=1, high=1_000_000_000)
    stop_when: float | None = _setting(
        "Optimizer", None, "Stop when 20 steps lower the loss by less than this share.", low=0, below=1
    )
    optimizer: str = _setting("Optimizer", "adam", "Adam, or L-BFGS within the bounds.", choices=OPTIMIZERS)
    history: int = _setting("Optimizer", 10, "Pairs of vectors that L-BFGS remembers.", low=1, high=100)
    learning_rate: float = _setting("Optimizer", 0.01, "Adam's step size, on pixels in [0, 1].", above=0, high=1000)
    beta_1: float = _setting("Optimizer", 0.9, "Adam's decay of the gradient's mean.", low=0, below=1)
    beta_2: float = _setting("Optimizer", 0.99, "Adam's decay of the gradient's square.", low=0, below=1)
    epsilon: float = _setting("Optimizer", 1e-8, "Adam's guard against division by zero.", low=1e-12, high=1000)
    average_decay: float = _setting(
        "Optimizer", 0.9, "Decay of the moving average that is the result; 0 turns it off.", low=0, below=1
    )
    seed: int = _setting("Picture", 0, "Seed of the noise start and of random weights.", low=0, high=2**31 - 1)

    def __post_init__(self) -> None:
        for name in ("content_layers", "style_layers"):
            object.__setattr__(self, name, _layer_weights(name, getattr(self, name)))
        for setting in fields(self):
            whole = setting.type in (int, int | None)
            _check(setting.name, getattr(self, setting.name), {**setting.metadata, "whole": whole})
        for name in ("weights", "start"):
            object.__setattr__(self, name, _name(name, getattr(self, name)))
        if not self.layers:
            raise ValueError(
                "Neither content nor style has a weight above 0, which leaves nothing to paint; raise one."
            )

    @property
    def content_layer_weights(self) -> dict[str, float]:
        """Content layer to its weight; only what counts, so none if `content_weight` is 0."""
        return _active(self.content_layers, self.content_weight)

    @property
    def style_layer_weights(self) -> dict[str, float]:
        """Style layer to its weight, the paper's `w_l`; only what counts, so none if `style_weight` is 0."""
        return _active(self.style_layers, self.style_weight)

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that some loss term reads, content first, each once."""
        return tuple(self.content_layer_weights | self.style_layer_weights)


def _active(layers: Layers, term_weight: float) -> dict[str, float]:
    return {name: weight for name, weight in cast(LayerWeights, layers) if term_weight > 0 and weight > 0}


def _layer_weights(setting: str, value: Any) -> LayerWeights:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    items = list(value.items()) if isinstance(value, Mapping) else list(value) if isinstance(value, Iterable) else []
    pairs = [_layer_weight(setting, item, default=1 / len(items)) for item in items]
    if not pairs or len(dict(pairs)) < len(pairs):
        raise ValueError(f"{setting} must name one or more layers, each once, such as conv4_2; got {value!r}.")
    return tuple(pairs)


def _layer_weight(setting: str, item: Any, *, default: float) -> tuple[str, float]:
    if isinstance(item, str):
        item = item.split("=", 1) if "=" in item else (item, default)
    try:
        name, weight = str(item[0]), float(item[1])
    except (TypeError, ValueError, IndexError):
        raise ValueError(f"{setting} must be names or weighted names, as in conv4_2=0.5; got {item!r}.") from None
    _check(f"{setting} ({name})", weight, {"low": 0, "high": _LARGEST})
    return canonical_layer(name), weight


def _name(setting: str, value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)) or not str(value):
        raise ValueError(f"{setting} must be a word or a file's name; got {value!r}.")
    return str(value)


def _check(name: str, value: Any, bounds: Mapping[str, Any]) -> None:
    if "choices" in bounds and value not in bounds["choices"]:
        raise ValueError(f"{name} must be one of {', '.join(bounds['choices'])}; got {value!r}.")
    wanted = [f"{word} {bounds[key]:g}" for key, word in _BOUND_WORDS.items() if key in bounds]
    if not wanted or (value is None and name in OPTIONAL):
        return
    whole = bounds.get("whole", False)
    number = isinstance(value, numbers.Integral if whole else numbers.Real) and not isinstance(value, bool)
    if not number or not _within(value, bounds):
        raise ValueError(
            f"{name} must be a {'whole' if whole else 'finite'} number {' and '.join(wanted)}; got {value}."
        )


_BOUND_WORDS = {"low": "of at least", "above": "above", "below": "below", "high": "of at most"}


def _within(value: float, bounds: Mapping[str, Any]) -> bool:
    inside = bounds.get("low", -math.inf) <= value <= bounds.get("high", math.inf)
    return bool(inside and bounds.get("above", -math.inf) < value < bounds.get("below", math.inf))
