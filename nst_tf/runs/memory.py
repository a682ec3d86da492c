"""How much memory a run takes, and whether it is painted in blocks therefore."""

import dataclasses
import math

from nst_tf.blocks import fits_in_one, halo
from nst_tf.config import StyleConfig
from nst_tf.layer_names import deepest
from nst_tf.scales.plan import Size
from nst_tf.storage.free_memory import available_bytes

_RUNTIME = 900e6
"""TensorFlow, the filters and everything else that does not grow with the picture."""

_BYTES_PER_PIXEL = 1530
"""Peak memory of the network down to conv5_1, in float32 or bfloat16, measured from 512 to 2048 px."""


_SHARE = {1: 0.72, 2: 0.87, 3: 0.94, 4: 0.98, 5: 1.0}
"""Share of that by the block of the deepest layer; most of it is for the first block."""


_CONTENT = 32
"""Bytes per pixel of conv4_2's features, which a run in blocks keeps."""

BLOCK_SIDES = (1024, 768, 512, 256)
"""Sides of a block to choose from, in pixels."""


def with_block(painted: Size, config: StyleConfig, free: float) -> StyleConfig:
    """Replace a block of `auto` by the whole picture if it fits, or the largest block that does, or the smallest one.

    Args:
        painted: Height and width of the result.
        config: The settings.
        free: Bytes that are free.
    """
    if config.block != "auto":
        return config
    for block in ("whole", *BLOCK_SIDES):
        resolved = dataclasses.replace(config, block=block)
        if estimated_bytes(painted, resolved) <= free:
            break
    return resolved


def free_for_run() -> float:
    """Return the bytes that are free for a run; infinite with a GPU, whose memory is its own. Needs TensorFlow."""
    import tensorflow as tf

    return math.inf if tf.config.list_physical_devices("GPU") else available_bytes()


def estimated_bytes(painted: Size, config: StyleConfig) -> float:
    """Estimate the peak memory of a run on a CPU.

    Args:
        painted: Height and width of the result.
        config: The settings; a block of `auto` counts as the whole picture.
    """
    network = _BYTES_PER_PIXEL * _SHARE[int(deepest(config.layers)[5])]
    if not fits_in_one(painted, config.block):
        crop = [min(side, int(config.block) + 2 * halo(config.layers)) for side in painted]
        pictures = 2 * config.history + 24 if config.optimizer == "lbfgs" else 13
        return _RUNTIME + crop[0] * crop[1] * network + painted[0] * painted[1] * (_CONTENT + 3 * 4 * pictures)
    pictures = 2 * config.history + 6 if config.optimizer == "lbfgs" else 6
    return _RUNTIME + painted[0] * painted[1] * (network + 3 * 4 * pictures)
