"""Every setting and its default, once. The command line reads its options, ranges and help from here.

Nothing here imports TensorFlow.
"""

from dataclasses import Field, dataclass, fields, replace
from typing import Any, cast

from nst_tf.settings import (
    LARGEST,
    SIGN,
    Layers,
    LayerWeights,
    checked,
    choice,
    layer_weights,
    name_or_file,
    number,
    whole_number,
)

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


@dataclass(frozen=True, kw_only=True)
class StyleConfig:
    """How a picture is painted. Values are checked on construction; `ValueError` says what is wrong.

    Layers may be given as names (each then weighs `1/n`, as in the paper), as a mapping of names to
    weights, or as text: `"conv1_1,conv2_1"` or `"conv1_1=1,conv2_1=0.5"`.
    """

    content_weight: float = number(
        "Loss", 0.08, "Weight of the content term, the paper's alpha.", compiled=SIGN, request=True, low=0, high=LARGEST
    )
    style_weight: float = number(
        "Loss", 1.0, "Weight of the style term, the paper's beta.", compiled=SIGN, request=True, low=0, high=LARGEST
    )
    tv_weight: float = number(
        "Loss",
        1.5,
        "Weight of the total variation, which smooths; not in the paper.",
        request=True,
        low=0,
        high=LARGEST,
    )
    content_layers: Layers = layer_weights(
        "Loss", "conv4_2", "Layers that hold the content, as NAME,... or NAME=WEIGHT,...", compiled=True
    )
    style_layers: Layers = layer_weights(
        "Loss",
        "conv1_1=0.1,conv2_1=0.15,conv3_1=0.2,conv4_1=0.4,conv5_1=0.15",
        "Layers that hold the style, as NAME,... or NAME=WEIGHT,...",
        compiled=True,
    )
    normalization: str = choice(
        "Loss",
        "relative",
        "Terms relative to their targets' energy; the paper's equations; or those, Eq 1 as a mean over positions.",
        compiled=True,
        choices=NORMALIZATIONS,
    )
    precision: str = choice(
        "Network",
        "auto",
        "Type of the network's arithmetic; auto takes what is fast here.",
        compiled=True,
        choices=PRECISIONS,
    )
    pooling: str = choice(
        "Network", "average", "How VGG-19 pools: the paper averages.", compiled=True, choices=POOLINGS
    )
    activations: str = choice(
        "Network",
        "unchanged",
        "Filters as they are, or scaled to a mean activation of one on the two pictures, as in the paper; auto scales "
        "ImageNet's if content and style both count.",
        choices=ACTIVATIONS,
    )
    weights: str = name_or_file(
        "Network", "auto", f"Network weights: {', '.join(WEIGHTS)}, or a file in VGG-19's layout."
    )
    size: int | None = whole_number(
        "Picture",
        None,
        f"Longer side of the result, px; without it the photograph's own, at most {DEFAULT_SIZE}.",
        request=True,
        low=1,
        high=LARGEST_SIZE,
    )
    style_scale: float = number(
        "Picture", 1.0, "Longer side of the style picture as a multiple of the result's.", above=0, high=10
    )
    style_proportions: str = choice(
        "Picture", "own", "Whether the style keeps its proportions or gets the content's.", choices=PROPORTIONS
    )
    start: str = name_or_file("Picture", "content", "Picture to start from: content, noise, style, or a file.")
    scales: int | None = whole_number(
        "Scales",
        None,
        f"Sizes to paint, coarse to fine by a factor of 1.4; without it up to {DEFAULT_SCALES}; 1 is the paper's.",
        low=1,
        high=32,
    )
    coarse_steps: int | None = whole_number(
        "Scales", None, "Steps at each size before the last; without it half of --steps.", low=1, high=1_000_000_000
    )
    steps: int = whole_number("Optimizer", 60, "Steps at the result's size.", request=True, low=1, high=1_000_000_000)
    stop_when: float | None = number(
        "Optimizer", None, "Stop when 20 steps lower the loss by less than this share.", low=0, below=1
    )
    optimizer: str = choice(
        "Optimizer", "adam", "Adam, or L-BFGS within the bounds.", compiled=True, choices=OPTIMIZERS
    )
    history: int = whole_number(
        "Optimizer", 10, "Pairs of vectors that L-BFGS remembers.", compiled=True, low=1, high=100
    )
    learning_rate: float = number(
        "Optimizer", 0.01, "Adam's step size, on pixels in [0, 1].", request=True, above=0, high=1000
    )
    beta_1: float = number("Optimizer", 0.9, "Adam's decay of the gradient's mean.", compiled=True, low=0, below=1)
    beta_2: float = number("Optimizer", 0.99, "Adam's decay of the gradient's square.", compiled=True, low=0, below=1)
    epsilon: float = number(
        "Optimizer", 1e-8, "Adam's guard against division by zero.", compiled=True, low=1e-12, high=1000
    )
    average_decay: float = number(
        "Optimizer",
        0.9,
        "Decay of the moving average that is the result; 0 turns it off.",
        compiled=True,
        low=0,
        below=1,
    )
    seed: int = whole_number(
        "Picture", 0, "Seed of the noise start and of random weights.", request=True, low=0, high=2**31 - 1
    )

    def __post_init__(self) -> None:
        for setting in fields(self):
            object.__setattr__(self, setting.name, checked(setting, getattr(self, setting.name)))
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

    def compiled(self) -> "StyleConfig":
        """Reset all settings that are not compiled into the loop, so that runs that differ in them alone share it."""
        changes: dict[str, Any] = {}
        for setting in fields(self):
            if setting.metadata["compiled"] == SIGN:
                changes[setting.name] = float(getattr(self, setting.name) > 0)
            elif not setting.metadata["compiled"]:
                changes[setting.name] = setting.default
        return replace(self, **changes)

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that some loss term reads, content first, each once."""
        return tuple(self.content_layer_weights | self.style_layer_weights)


def _active(layers: Layers, term_weight: float) -> dict[str, float]:
    return {name: weight for name, weight in cast(LayerWeights, layers) if term_weight > 0 and weight > 0}


SETTINGS: dict[str, Field[Any]] = {setting.name: setting for setting in fields(StyleConfig)}
"""Name to setting, in the order of `--help`; a setting's flags are in its `metadata`."""

REQUEST_SETTINGS = tuple(name for name, setting in SETTINGS.items() if setting.metadata["request"])
"""Settings that a request to the served model may choose."""
