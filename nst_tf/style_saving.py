"""Measure a style picture at many sizes, and save what a painting needs of it."""

import dataclasses
import os
from pathlib import Path

import numpy.typing as npt
import tensorflow as tf

from nst_tf.block_functions import BlockFunctions
from nst_tf.block_gradients import BlockGradients
from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture, as_picture
from nst_tf.layer_names import smallest_side
from nst_tf.network.activation_normalization import asks_for_normalization
from nst_tf.network.vgg19 import feature_model
from nst_tf.runs.memory import BLOCK_SIDES
from nst_tf.saved_styles import Level, SavedStyle
from nst_tf.scales.plan import Size, style_size
from nst_tf.scales.resizing import resized
from nst_tf.style_files import write_style
from nst_tf.weights.sources import load_weights

DEFAULT_LARGEST = 1024
"""Longer side in pixels of the largest size that is saved if none is given."""


def save_style(
    path: str | os.PathLike[str],
    picture: npt.ArrayLike | Picture,
    *,
    config: StyleConfig | None = None,
    size: int = DEFAULT_LARGEST,
    overwrite: bool = False,
) -> SavedStyle:
    """Save a style, so that `nst_tf.load_style` can take the picture's place in any number of runs.

    Args:
        path: The file to write, usually `.nst`.
        picture: The style, `(H, W, 3)` or `(1, H, W, 3)`, RGB in [0, 1]; or a result of `nst_tf.load_picture`.
        config: Decides the style layers, the filters, the pooling and the border; the defaults if None.
        size: Longer side of the largest size that is held, in pixels; a run measures its style at `style_scale` times
            its own longer side.
        overwrite: Whether an existing file may be replaced.

    Returns:
        The style, as `nst_tf.load_style` reads it but for rounding.

    Raises:
        OSError: If the file can't be written.
        ValueError: If the picture is malformed, or too small at that size; if the settings normalize filters.
        MissingWeightsError: If ImageNet's weights were requested and are not available.
    """
    style = measure_at_many_sizes(as_picture("style", picture), config or StyleConfig(), size)
    write_style(Path(path), style, overwrite=overwrite)
    return style


def measure_at_many_sizes(picture: Picture, config: StyleConfig, size: int) -> SavedStyle:
    """Measure a style at a size and below, with a factor of the square root of 2 between sizes.

    The network computes in float32, so that a file is the same on all machines. All of its layers are measured, as any
    of them may be a content layer, whose energy on the style bounds the divisor of its term.
    """
    weights = load_weights(config.weights, seed=config.seed)
    if config.activations == "normalized" and asks_for_normalization(config, weights):
        raise ValueError("A style is saved for filters that do not depend on pictures; choose activations unchanged.")
    settings = dataclasses.replace(
        config,
        precision="float32",
        content_layers=weights.layers,
        content_weight=1.0,
        style_weight=1.0,
        style_scale=1.0,
    )
    network = feature_model(settings.layers, weights=weights, pooling=config.pooling, border=config.border)
    blocks = BlockGradients(BlockFunctions(network, settings), BLOCK_SIDES[0])
    levels = []
    for at in _sizes(picture.size, size, settings):
        parts = (part for part in resized(picture, at) if part is not None)
        found = blocks.measure_style(*(tf.constant(part) for part in parts))
        energies = {name: float(value) for name, value in found.feature_energy.items()}
        levels.append(Level(max(at), {name: gram.numpy() for name, gram in found.grams.items()}, energies))
    return SavedStyle(
        size=picture.size,
        levels=tuple(levels),
        pooling=config.pooling,
        border=config.border,
        weights=weights.sha256,
        weights_name=weights.name,
    )


def _sizes(picture: Size, largest: int, config: StyleConfig) -> list[Size]:
    """Return the sizes to measure, the smallest first: all at which every layer has a position."""
    config, needed = dataclasses.replace(config, style_proportions="own"), smallest_side(config.layers)
    sizes: list[Size] = []
    while min(size := style_size(picture, (round(largest * 2 ** (-len(sizes) / 2)),) * 2, config)) >= needed:
        sizes.append(size)
    if not sizes:
        raise ValueError(
            f"The style would be {size[1]}x{size[0]} px, but its shorter side must be {needed} px or more."
        )
    return sizes[::-1]
