"""Every setting and its default, once. The command line reads its options, ranges and help from here.

Nothing here imports TensorFlow.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

from nst_tf.layers import canonical_layer

NORMALIZATIONS = ("relative", "paper")
POOLINGS = ("average", "max")
STARTS = ("content", "noise", "style")
WEIGHTS = ("auto", "imagenet", "builtin", "random")

DEFAULT_SIZE = 512
"""Longer side in pixels of a picture whose size nobody chose; a larger photograph is reduced to it."""

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

    content_weight: float = _setting("Loss", 0.3, "Weight of the content term, the paper's alpha.", low=0)
    style_weight: float = _setting("Loss", 1.0, "Weight of the style term, the paper's beta.", low=0)
    tv_weight: float = _setting("Loss", 0.3, "Weight of the total variation, which smooths; not in the paper.", low=0)
    content_layers: Layers = _setting("Loss", "conv4_2", "Layers that hold the content, as NAME,... or NAME=WEIGHT,...")
    style_layers: Layers = _setting(
        "Loss", "conv1_1,conv2_1,conv3_1,conv4_1,conv5_1", "Layers that hold the style, as NAME,... or NAME=WEIGHT,..."
    )
    normalization: str = _setting(
        "Loss", "relative", "Terms relative to their targets' energy, or the paper's equations.", choices=NORMALIZATIONS
    )
    pooling: str = _setting("Network", "average", "How VGG-19 pools: the paper averages.", choices=POOLINGS)
    weights: str = _setting(
        "Network", "auto", "Network weights: auto, imagenet, builtin, random, or a file in VGG-19's layout."
    )
    size: int | None = _setting(
        "Picture",
        None,
        f"Longer side of the result, px; without it the photograph's own, at most {DEFAULT_SIZE}.",
        low=1,
    )
    style_scale: float = _setting(
        "Picture", 1.0, "Longer side of the style picture as a multiple of the result's.", above=0
    )
    start: str = _setting("Picture", "content", "Picture to start from: content, noise, style, or a file.")
    steps: int = _setting("Optimizer", 200, "Number of optimization steps.", low=1)
    learning_rate: float = _setting("Optimizer", 0.02, "Adam's step size, on pixels in [0, 1].", above=0)
    beta_1: float = _setting("Optimizer", 0.9, "Adam's decay of the gradient's mean.", low=0, below=1)
    beta_2: float = _setting("Optimizer", 0.99, "Adam's decay of the gradient's square.", low=0, below=1)
    epsilon: float = _setting("Optimizer", 1e-8, "Adam's guard against division by zero.", above=0)
    average_decay: float = _setting(
        "Optimizer", 0.9, "Decay of the moving average that is the result; 0 turns it off.", low=0, below=1
    )
    seed: int = _setting("Picture", 0, "Seed of the noise start and of random weights.", low=0)

    def __post_init__(self) -> None:
        for name in ("content_layers", "style_layers"):
            object.__setattr__(self, name, _layer_weights(name, getattr(self, name)))
        for setting in fields(self):
            whole = setting.type in (int, int | None)
            _check(setting.name, getattr(self, setting.name), {**setting.metadata, "whole": whole})
        if self.content_weight == self.style_weight == 0:
            raise ValueError("content_weight and style_weight are both 0, which leaves nothing to paint; raise one.")

    @property
    def content_layer_weights(self) -> dict[str, float]:
        """Content layer to its weight."""
        return dict(cast(LayerWeights, self.content_layers))

    @property
    def style_layer_weights(self) -> dict[str, float]:
        """Style layer to its weight, the paper's `w_l`."""
        return dict(cast(LayerWeights, self.style_layers))

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that some loss term reads, content first, each once."""
        return tuple(self.content_layer_weights | self.style_layer_weights)


def _layer_weights(setting: str, value: Any) -> LayerWeights:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    items = list(value.items()) if isinstance(value, Mapping) else list(value) if isinstance(value, Iterable) else []
    pairs = [_layer_weight(setting, item, default=1 / len(items)) for item in items]
    names = [name for name, _ in pairs]
    if not pairs or len(set(names)) < len(names):
        raise ValueError(f"{setting} must name one or more layers, each once, such as conv4_2; got {value!r}.")
    return tuple(pairs)


def _layer_weight(setting: str, item: Any, *, default: float) -> tuple[str, float]:
    name, weight = (item, default) if isinstance(item, str) else item
    if isinstance(item, str) and "=" in item:
        name, _, weight = item.partition("=")
    try:
        number = float(weight)
    except ValueError:
        raise ValueError(f"{setting}: a weight must be a number, as in conv4_2=0.5; got {item!r}.") from None
    _check(f"{setting} ({name})", number, {"low": 0})
    return canonical_layer(name), number


def _check(name: str, value: Any, bounds: Mapping[str, Any]) -> None:
    if "choices" in bounds and value not in bounds["choices"]:
        raise ValueError(f"{name} must be one of {', '.join(bounds['choices'])}; got {value!r}.")
    wanted = [f"{word} {bounds[key]}" for key, word in _BOUND_WORDS.items() if key in bounds]
    if not wanted or (value is None and name == "size"):
        return
    whole = bounds.get("whole", False)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not _within(value, bounds):
        kind = "whole" if whole else "finite"
        raise ValueError(f"{name} must be a {kind} number {' and '.join(wanted)}; got {value!r}.")


_BOUND_WORDS = {"low": "of at least", "above": "above", "below": "below"}


def _within(value: float, bounds: Mapping[str, Any]) -> bool:
    return (
        math.isfinite(value)
        and value >= bounds.get("low", -math.inf)
        and value > bounds.get("above", -math.inf)
        and value < bounds.get("below", math.inf)
    )
