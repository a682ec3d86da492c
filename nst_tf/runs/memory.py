"""How much memory a run takes, and how it is fitted into what is free: in blocks, with a shorter history."""

import dataclasses
import math
from collections.abc import Iterator, Sequence

from nst_tf.blocks import fits_in_one, halo
from nst_tf.config import StyleConfig
from nst_tf.layer_names import deepest
from nst_tf.scales.plan import Size, style_sizes
from nst_tf.storage.free_memory import available_bytes

_RUNTIME = 900e6
"""TensorFlow, the filters and everything else that does not grow with the picture."""

_STEP, _STEP_IN_BLOCKS = 1260, 970
"""Bytes per pixel of the network down to conv5_1 with its gradient, in float32 or bfloat16."""

_FORWARD = 800
"""Bytes per pixel of the network without its gradient."""

_SHARE = {1: 0.72, 2: 0.87, 3: 0.94, 4: 0.98, 5: 1.0}
"""Share of that by the block of the deepest layer; most of it is for the first block."""

_CONTENT = 32
"""Bytes per pixel of conv4_2's features, which a run keeps."""

_PICTURE = 12
"""Bytes per pixel of a picture."""

BLOCK_SIDES = (1024, 768, 512, 256)
"""Sides of a block to choose from, in pixels."""

HISTORIES = (5, 3)
"""Correction pairs of L-BFGS to choose from if those of the settings don't fit."""


def fit_to_memory(painted: Size, config: StyleConfig, free: float, *, styles: Sequence[Size] = ()) -> StyleConfig:
    """Replace a block of `auto` by the whole picture if it fits, or the largest block that does, or the smallest one.

    If no block fits, L-BFGS keeps fewer correction pairs.

    Args:
        painted: Height and width of the result.
        config: The settings.
        free: Bytes that are free.
        styles: Height and width of each style's file; if none is given, one has the result's proportions.
    """
    if config.block != "auto":
        return config
    for resolved in _choices(config):
        if estimated_bytes(painted, resolved, styles=styles) <= free:
            break
    return resolved


def _choices(config: StyleConfig) -> Iterator[StyleConfig]:
    """Yield settings for ever less memory."""
    for block in ("whole", *BLOCK_SIDES):
        yield dataclasses.replace(config, block=block)
    for history in HISTORIES if config.optimizer == "lbfgs" else ():
        for block in BLOCK_SIDES:
            yield dataclasses.replace(config, block=block, history=min(history, config.history))


def free_for_run() -> float:
    """Return the bytes that are free for a run; infinite with a GPU, whose memory is its own. Needs TensorFlow."""
    import tensorflow as tf

    return math.inf if tf.config.list_physical_devices("GPU") else available_bytes()


def estimated_bytes(painted: Size, config: StyleConfig, *, styles: Sequence[Size] = ()) -> float:
    """Estimate the peak memory of a run on a CPU, fitted to what `python -m benchmarks memory` measures.

    Args:
        painted: Height and width of the result.
        config: The settings; a block of `auto` counts as the whole picture.
        styles: Height and width of each style's file; if none is given, one has the result's proportions.
    """
    of_styles = style_sizes(styles or [painted], painted, config)
    share = _SHARE[int(deepest(config.layers)[5])]
    network = _pixels(_seen(painted, config)) * share
    network *= _STEP if fits_in_one(painted, config.block) else _STEP_IN_BLOCKS
    step = network + _pixels(painted) * _PICTURE * _pictures(painted, config)
    kept = _pixels(painted) * (_PICTURE + _CONTENT) + sum(map(_pixels, of_styles)) * 2 * _PICTURE
    measuring = max(_pixels(_seen(size, config)) for size in of_styles) * _FORWARD * share + kept
    return _RUNTIME + max(step + _pixels(painted) * _CONTENT, measuring)


def _seen(size: Size, config: StyleConfig) -> Size:
    """Return height and width of what goes through the network at once."""
    if fits_in_one(size, config.block):
        return size
    height, width = (min(side, int(config.block) + 2 * halo(config.layers)) for side in size)
    return height, width


def _pictures(painted: Size, config: StyleConfig) -> int:
    """Return how many pictures the optimizer holds during a step, with the gradient and the last good one."""
    whole = fits_in_one(painted, config.block)
    if config.optimizer == "lbfgs":
        return 2 * config.history + (6 if whole else 12)
    return 6 if whole else 9


def _pixels(size: Size) -> int:
    return size[0] * size[1]
