"""A style without its picture: the statistics of a style at many sizes. Imports no TensorFlow.

A Gram matrix changes smoothly with the size at which its picture is measured. So sizes are held that are a factor of
the square root of 2 apart, as those of a run are; in between, the two nearest are mixed.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture, numbered
from nst_tf.layer_names import paper_name
from nst_tf.scales.plan import Size, Stage, painted_size, stages, style_sizes


class Level(NamedTuple):
    """A style at one size.

    Attributes:
        longer: Longer side of the picture, in pixels.
        grams: Style layer to the Gram matrix per position, `(1, C, C)`, float32.
        energies: Layer to the energy of its features per element.
    """

    longer: int
    grams: Mapping[str, npt.NDArray[np.float32]]
    energies: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class SavedStyle:
    """A style without its picture; `nst_tf.stylize` takes it in the picture's place.

    Attributes:
        size: Height and width of the picture.
        levels: The style at several sizes, the smallest first.
        pooling: Pooling of the network.
        border: What the network sees beyond the border.
        weights: SHA-256 of the network's filters.
        weights_name: Their name.
    """

    size: Size
    levels: tuple[Level, ...]
    pooling: str
    border: str = StyleConfig.border
    weights: str
    weights_name: str

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers whose Gram matrices are held."""
        return tuple(self.levels[0].grams)

    @property
    def sha256(self) -> str:
        """SHA-256 of everything that a painting depends on."""
        border = () if self.border == StyleConfig.border else (self.border,)
        digest = hashlib.sha256(repr((self.size, self.pooling, self.weights, *border)).encode())
        for level in self.levels:
            digest.update(repr((level.longer, sorted(level.energies.items()))).encode())
            for layer, gram in level.grams.items():
                digest.update(layer.encode() + gram.tobytes())
        return digest.hexdigest()

    def around(self, longer: int) -> list[tuple[Level, float]]:
        """Return the levels to mix for a longer side, and their shares: one if it is held, or less than the smallest.

        Raises:
            ValueError: If it is larger than all that are held.
        """
        largest = self.levels[-1].longer
        if longer > largest:
            raise ValueError(
                f"The style file holds its style up to {largest} px, and this run measures it at {longer} px; choose a "
                "smaller size or style_scale, or save it from the picture with a larger size."
            )
        upper = next(number for number, level in enumerate(self.levels) if level.longer >= longer)
        above, below = self.levels[upper], self.levels[max(0, upper - 1)]
        if above.longer == longer or upper == 0:
            return [(above, 1.0)]
        share = math.log(longer / below.longer) / math.log(above.longer / below.longer)
        return [(below, 1 - share), (above, share)]


AnyStyle = Picture | SavedStyle


def plan_run(content: Picture, styles: Sequence[AnyStyle], config: StyleConfig) -> list[Stage]:
    """Plan a run, and check that saved styles suit it.

    Raises:
        ValueError: If they do not, or as `nst_tf.scales.plan.stages` does.
    """
    sizes = [style.size for style in styles]
    plan = stages(content.size, sizes, config)
    at = style_sizes(sizes, painted_size(content.size, config), config)
    for number, (style, size) in enumerate(zip(styles, at, strict=True), 1):
        if isinstance(style, SavedStyle):
            _check(style, numbered("style", number, len(styles)), config, first=number == 1)
            style.around(max(size))
    return plan


def _check(style: SavedStyle, name: str, config: StyleConfig, *, first: bool) -> None:
    missing = [paper_name(layer) for layer in config.style_layer_weights if layer not in style.layers]
    missing += [paper_name(layer) for layer in config.content_layer_weights if layer not in style.levels[0].energies]
    if missing:
        held = ", ".join(map(paper_name, style.layers))
        raise ValueError(f"The {name} is a style file for {held}; save it for {', '.join(missing)}, too.")
    if style.pooling != config.pooling:
        raise ValueError(f"The {name} was saved with {style.pooling} pooling, this run's is {config.pooling}.")
    if style.border != config.border:
        raise ValueError(f"The {name} was saved with border {style.border}, this run's is {config.border}.")
    if config.style_proportions != "own":
        raise ValueError(f"The {name} is a style file, which has its own proportions; choose style_proportions own.")
    if config.activations == "normalized":
        raise ValueError(
            f"The {name} is a style file, which holds no picture to normalize on; choose activations auto."
        )
    if config.color != "style":
        raise ValueError(f"The {name} is a style file, which holds no picture whose colors to map; choose color style.")
    if first and config.start == "style":
        raise ValueError(f"The {name} is a style file, which holds no picture to start from; choose another start.")


def check_filters(styles: Sequence[AnyStyle], weights: str, name: str) -> None:
    """Check that saved styles were measured with a network's filters.

    Args:
        styles: Pictures and saved styles.
        weights: SHA-256 of the filters.
        name: Their name.

    Raises:
        ValueError: If one was not.
    """
    for number, style in enumerate(styles, 1):
        if isinstance(style, SavedStyle) and style.weights != weights:
            which = numbered("style", number, len(styles))
            raise ValueError(
                f"The {which} was saved with weights {style.weights_name} ({style.weights[:12]}), and this run has "
                f"{name} ({weights[:12]}); choose the same weights, or save it again."
            )
