"""Sizes of a run: the final size, the coarser sizes before it, and whether they suffice for the layers.

Imports no TensorFlow.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from nst_tf.config import DEFAULT_SCALES, DEFAULT_SIZE, FEWEST_STEPS, LARGE, StyleConfig
from nst_tf.layer_names import deepest, paper_name, smallest_side
from nst_tf.settings import of_each_style, shares_of

Size = tuple[int, int]
"""Height and width in pixels."""


class Stage(NamedTuple):
    """The part of a run at one size.

    Attributes:
        size: Height and width in pixels.
        steps: Steps to take at this size.
    """

    size: Size
    steps: int

    @property
    def work(self) -> int:
        """Pixels times steps."""
        return self.size[0] * self.size[1] * self.steps


def painted_size(size: Size, config: StyleConfig) -> Size:
    """Return the painting's size, with the longer side `config.size`; without it, at most the default."""
    return reduced_size(size, DEFAULT_SIZE) if config.size is None else _scaled(size, config.size / max(size))


def reduced_size(size: Size, longest: int) -> Size:
    """Return a size reduced so that its longer side is at most `longest`."""
    return _scaled(size, min(max(size), longest) / max(size))


def style_sizes(styles: Sequence[Size], painted: Size, config: StyleConfig) -> list[Size]:
    """Return each style's size with the longer side its `config.style_scale` times the painted picture's.

    The proportions are its own, or with `style_proportions` the painted picture's, as in the paper.
    """
    scales = of_each_style("style_scale", config.style_scale, len(styles))
    shapes = [painted if config.style_proportions == "content" else size for size in styles]
    return [_scaled(shape, scale * max(painted) / max(shape)) for shape, scale in zip(shapes, scales, strict=True)]


def style_size(size: Size, painted: Size, config: StyleConfig) -> Size:
    """Return the size of the only style."""
    return style_sizes([size], painted, config)[0]


def check_sizes(content: Size, styles: Sequence[Size], config: StyleConfig) -> None:
    """Raise `ValueError` if a picture would be too small for the deepest layer, or styles have no weight or scale."""
    shares_of(config.style_weights, len(styles))
    painted = painted_size(content, config)
    needed = smallest_side(config.layers)
    names = [f"style {number}" if len(styles) > 1 else "style" for number in range(1, len(styles) + 1)]
    sizes = dict(zip(names, style_sizes(styles, painted, config), strict=True))
    for name, (height, width) in {"content": painted, **sizes}.items():
        if min(height, width) < needed:
            layer, least = paper_name(deepest(config.layers)), _least_size(content, styles, config)
            raise ValueError(
                f"The {name} would be {width}x{height} px, but {layer} needs a shorter side of at least {needed} px; "
                f"choose a size of at least {least}, or layers of earlier blocks."
            )


def _least_size(content: Size, styles: Sequence[Size], config: StyleConfig) -> int:
    """Return the least `config.size` at which no picture is too small for the deepest layer."""
    needed = smallest_side(config.layers)
    scales = of_each_style("style_scale", config.style_scale, len(styles))
    shapes = [content, *(content if config.style_proportions == "content" else style for style in styles)]
    least = [needed * max(shape) / min(shape) / scale for shape, scale in zip(shapes, (1.0, *scales), strict=True)]
    return math.ceil(max(least))


def stages(content: Size, styles: Sequence[Size], config: StyleConfig) -> list[Stage]:
    """Plan a run from coarse to fine, with a factor of the square root of 2 between sizes.

    Unlike the paper, which paints at one size: coarse strokes and swirls form where steps are cheap. Unlike crowsonkb's
    style-transfer-pytorch, which begins at 128 px, the sizes are fractions of the final size: a preview then looks like
    the large painting, and small details of the content survive.

    Raises:
        ValueError: If a picture would be too small for the deepest layer, there are too many scales, or the settings
            are for another number of styles.
    """
    check_sizes(content, styles, config)
    painted = painted_size(content, config)
    most = most_scales([painted, *style_sizes(styles, painted, config)], config)
    count = config.scales or min(most, default_scales(painted))
    if count > most:
        raise ValueError(
            f"{count} scales would begin too small for the layers; choose a larger size, or at most {most}."
        )
    steps = config.coarse_steps or math.ceil(config.steps / 2)
    coarse = [Stage(_scaled(painted, 2 ** (-above / 2)), steps) for above in range(count - 1, 0, -1)]
    last = Stage(painted, config.steps)
    return [_with_large_steps(stage, config) for stage in (*coarse, last)] if coarse else [last]


def default_scales(painted: Size) -> int:
    """Return the number of scales if none is given; a large picture begins where one of `LARGE` px does."""
    return DEFAULT_SCALES + max(0, (max(painted) ** 2 // LARGE**2).bit_length() - 1)


def _with_large_steps(stage: Stage, config: StyleConfig) -> Stage:
    """Return a stage with fewer steps if it is large: a coarser one has found most of the picture."""
    longer = max(stage.size)
    if longer <= LARGE:
        return stage
    fewer = max(FEWEST_STEPS, (stage.steps * LARGE**2 + longer**2 // 2) // longer**2)
    return stage._replace(steps=config.large_steps or min(stage.steps, fewer))


def most_scales(sizes: Sequence[Size], config: StyleConfig) -> int:
    """Return the largest number of scales at which no picture is too small for the layers, from their last sizes."""
    return (min(map(min, sizes)) ** 2 // smallest_side(config.layers) ** 2).bit_length()


def _scaled(size: Size, scale: float) -> Size:
    height, width = (max(1, round(side * scale)) for side in size)
    return height, width
