"""Every setting and its default, once. The command line reads its options, ranges and help from here.

Nothing here imports TensorFlow.
"""

from dataclasses import Field, dataclass, fields, replace
from typing import Any, cast

from nst_tf.blocks import HALO
from nst_tf.settings import (
    LARGEST,
    SIGN,
    Layers,
    LayerWeights,
    Numbers,
    checked,
    choice,
    choice_or_number,
    layer_weights,
    name_or_file,
    number,
    numbers_of_regions,
    numbers_of_styles,
    whole_number,
)

NORMALIZATIONS = ("relative", "paper", "mean")
POOLINGS = ("average", "max")
BORDERS = ("zero", "replicate")
STARTS = ("content", "noise", "style")
OPTIMIZERS = ("adam", "lbfgs")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
ACTIVATIONS = ("unchanged", "normalized", "auto")
BLOCKS = ("auto", "whole")
PROPORTIONS = ("own", "content")
COLORS = ("style", "luminance", "match", "histogram")
COLOR_MAPS = ("cholesky", "pca", "monge")
PROPAGATIONS = ("simple", "all", "inside")
WEIGHTS = ("auto", "imagenet", "imagenet-8bit", "builtin", "random")

DEFAULT_SIZE = 512
"""Longer side in pixels if no size is given; a larger photograph is reduced to it, a smaller one keeps its size."""

DEFAULT_SCALES = 7
"""Number of sizes to paint if none is given, from an eighth of the result's size; fewer for a small picture.

A large picture begins where one of `LARGE` px does.
"""

LARGE = 1024
"""Longer side in pixels beyond which a size counts as large: there are more sizes before it, and fewer steps at it."""

FEWEST_STEPS = 8
"""Steps at a size beyond `LARGE` by default, at least; the others' number times the square of `LARGE` over the size."""

LARGEST_SIZE = 16383
"""Longer side in pixels of the largest picture that every output format can hold; WebP sets the limit."""


@dataclass(frozen=True, kw_only=True)
class StyleConfig:
    """Settings of a painting. Values are checked on construction; `ValueError` says what is wrong.

    Layers are names (each with weight `1/n`, as in the paper), a mapping of names to weights, or text:
    `"conv1_1,conv2_1"` or `"conv1_1=1,conv2_1=0.5"`.
    """

    content_weight: float = number(
        "Loss",
        0.08,
        "How much of the photograph stays, as a rule 0.03 to 0.3: the weight of the content term, the paper's alpha.",
        compiled=SIGN,
        request=True,
        low=0,
        high=LARGEST,
    )
    style_weight: float = number(
        "Loss", 1.0, "Weight of the style term, the paper's beta.", compiled=SIGN, request=True, low=0, high=LARGEST
    )
    tv_weight: float = number(
        "Loss",
        1.5,
        "Weight of the total variation loss, which smooths; not in the paper.",
        request=True,
        low=0,
        high=LARGEST,
    )
    content_layers: Layers = layer_weights(
        "Loss", "conv4_2", "Content layers, as NAME,... or NAME=WEIGHT,...", compiled=True
    )
    style_layers: Layers = layer_weights(
        "Loss",
        "conv1_1=0.1,conv2_1=0.15,conv3_1=0.2,conv4_1=0.4,conv5_1=0.15",
        "Style layers, as NAME,... or NAME=WEIGHT,...",
        compiled=True,
    )
    normalization: str = choice(
        "Loss",
        "relative",
        "Loss terms relative to their target's energy; the paper's equations; or these with Eq 1 as a mean.",
        compiled=True,
        choices=NORMALIZATIONS,
    )
    precision: str = choice(
        "Network",
        "auto",
        "Floating-point type of the network; auto picks a fast one for this processor.",
        compiled=True,
        choices=PRECISIONS,
    )
    pooling: str = choice(
        "Network", "average", "Pooling in VGG-19; the paper uses average.", compiled=True, choices=POOLINGS
    )
    border: str = choice(
        "Network",
        "zero",
        "What the network sees beyond the picture's border: zeros, as it was trained; or with replicate the nearest "
        "values inside, which avoids a frame of odd strokes along the edges.",
        compiled=True,
        choices=BORDERS,
    )
    activations: str = choice(
        "Network",
        "unchanged",
        "Filters unchanged, or normalized to a mean activation of one on the two pictures, as in the paper; auto "
        "normalizes ImageNet's if content and style both have weight.",
        choices=ACTIVATIONS,
    )
    weights: str = name_or_file(
        "Network", "auto", f"Network weights: {', '.join(WEIGHTS)}, or a file in VGG-19's layout.", words=WEIGHTS
    )
    size: int | None = whole_number(
        "Picture",
        None,
        f"Longer side of the result, px; by default the photograph's, at most {DEFAULT_SIZE}.",
        unit="PX",
        request=True,
        low=1,
        high=LARGEST_SIZE,
    )
    style_weights: Numbers = numbers_of_styles(
        "Picture", 1.0, "Shares of several style pictures, as in 2,1.", low=0, high=LARGEST
    )
    style_scale: Numbers = numbers_of_styles(
        "Picture",
        1.0,
        "Size of the strokes, 0.5 finer, 2 coarser: the style picture's longer side over the result's; of several as "
        "in 1,0.5.",
        above=0,
        high=10,
    )
    style_proportions: str = choice(
        "Picture", "own", "Keep the style's own proportions, or resize it to the content's.", choices=PROPORTIONS
    )
    color: str = choice(
        "Picture",
        "style",
        "Whose colors: style, the style's; luminance, exactly the content's; match and histogram, the style's moved to "
        "the content's in mean and covariance, or in histogram.",
        compiled=("luminance",),
        request=True,
        choices=COLORS,
    )
    color_map: str = choice("Picture", "monge", "How --color match maps mean and covariance.", choices=COLOR_MAPS)
    start: str = name_or_file(
        "Picture", "content", "Picture to start from: content, noise, style, or a file.", words=STARTS
    )
    region_weights: Numbers = numbers_of_regions(
        "Masks", 1.0, "Strength of the style in each region, as in 1,0.5.", low=0, high=1e6
    )
    guide_propagation: str = choice(
        "Masks",
        "simple",
        "How regions reach a layer: by the mean of the pooled pixels; all fields that touch them; only fields inside.",
        compiled=True,
        choices=PROPAGATIONS,
    )
    mask_growth: int = whole_number(
        "Masks",
        0,
        "Grow the regions of masks by this many px of the result; below 0 shrinks.",
        unit="PX",
        low=-1000,
        high=1000,
    )
    mask_edge: int = whole_number(
        "Masks", 6, "Width of the soft edge inside a lone content mask, px of the result.", unit="PX", low=0, high=1000
    )
    scales: int | None = whole_number(
        "Scales",
        None,
        f"Number of sizes, coarse to fine by a factor of 1.4; by default {DEFAULT_SCALES}, more beyond {LARGE} px; "
        "the paper uses 1.",
        low=1,
        high=32,
    )
    coarse_steps: int | None = whole_number(
        "Scales", None, "Steps at each size before the last; by default half of --steps.", low=1, high=1_000_000_000
    )
    large_steps: int | None = whole_number(
        "Scales",
        None,
        f"Steps at each size beyond {LARGE} px but the first; by default ever fewer, not below {FEWEST_STEPS}.",
        low=1,
        high=1_000_000_000,
    )
    steps: int = whole_number("Optimizer", 60, "Steps at the result's size.", request=True, low=1, high=1_000_000_000)
    stop_when: float | None = number(
        "Optimizer", None, "Stop when 20 steps lower the loss by less than this share.", low=0, below=1
    )
    optimizer: str = choice("Optimizer", "adam", "Adam, or L-BFGS with bounds.", compiled=True, choices=OPTIMIZERS)
    history: int = whole_number("Optimizer", 10, "Correction pairs that L-BFGS keeps.", compiled=True, low=1, high=100)
    learning_rate: float = number(
        "Optimizer", 0.01, "Adam's learning rate, for pixels in [0, 1].", request=True, above=0, high=1000
    )
    beta_1: float = number("Optimizer", 0.9, "Adam's decay rate of the first moment.", compiled=True, low=0, below=1)
    beta_2: float = number("Optimizer", 0.99, "Adam's decay rate of the second moment.", compiled=True, low=0, below=1)
    epsilon: float = number(
        "Optimizer", 1e-8, "Adam's epsilon, against division by zero.", compiled=True, low=1e-12, high=1000
    )
    average_decay: float = number(
        "Optimizer",
        0.9,
        "Decay of the moving average of iterates that is the result; 0 turns it off.",
        compiled=True,
        low=0,
        below=1,
    )
    block: str | int = choice_or_number(
        "Picture",
        "auto",
        "Paint the whole picture at once, or block by block with this longest side, px; auto divides only if memory is "
        "short.",
        choices=BLOCKS,
        unit="PX",
        low=HALO,
    )
    seed: int = whole_number(
        "Picture", 0, "Seed of the noise image and of random weights.", request=True, low=0, high=2**31 - 1
    )

    def __post_init__(self) -> None:
        """Check all values, and convert layers to `LayerWeights`."""
        for setting in fields(self):
            object.__setattr__(self, setting.name, checked(setting, getattr(self, setting.name)))
        if not self.layers:
            raise ValueError("Neither content nor style has a weight above 0, so there is nothing to paint; raise one.")

    @property
    def content_layer_weights(self) -> dict[str, float]:
        """Content layers and their weights, only those above 0; empty if `content_weight` is 0."""
        return _active(self.content_layers, self.content_weight)

    @property
    def style_layer_weights(self) -> dict[str, float]:
        """Style layers and their weights, the paper's `w_l`, only those above 0; empty if `style_weight` is 0."""
        return _active(self.style_layers, self.style_weight)

    def compiled(self) -> "StyleConfig":
        """Reset the settings that are not compiled into the loop, so that runs that differ only in these share it."""
        changes: dict[str, Any] = {}
        for setting in fields(self):
            value, flag = getattr(self, setting.name), setting.metadata["compiled"]
            if flag == SIGN:
                changes[setting.name] = float(value > 0)
            elif not flag or (isinstance(flag, tuple) and value not in flag):
                changes[setting.name] = setting.default
        return replace(self, **changes)

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers that the loss reads, content first, each once."""
        return tuple(self.content_layer_weights | self.style_layer_weights)


def _active(layers: Layers, term_weight: float) -> dict[str, float]:
    return {name: weight for name, weight in cast(LayerWeights, layers) if term_weight > 0 and weight > 0}


SETTINGS: dict[str, Field[Any]] = {setting.name: setting for setting in fields(StyleConfig)}
"""Maps a name to its setting, in the order of `--help`; a setting's flags are in its `metadata`."""

REQUEST_SETTINGS = tuple(name for name, setting in SETTINGS.items() if setting.metadata["request"])
"""Settings that a request to the served model may set."""
