"""Estimate how much memory a run needs. Imports no TensorFlow."""

from nst_tf.config import StyleConfig
from nst_tf.layer_names import deepest
from nst_tf.scales.plan import Size

_RUNTIME = 900e6
"""TensorFlow, the filters and everything else that does not grow with the picture."""

_BYTES_PER_PIXEL = 1530
"""Peak memory of the network down to conv5_1, in float32 or bfloat16, measured from 512 to 2048 px."""


_SHARE = {1: 0.72, 2: 0.87, 3: 0.94, 4: 0.98, 5: 1.0}
"""Share of that by the block of the deepest layer; most of it is for the first block."""


def estimated_bytes(painted: Size, config: StyleConfig) -> float:
    """Estimate the peak memory of a run on a CPU.

    Args:
        painted: Height and width of the result.
        config: The settings.
    """
    network = _BYTES_PER_PIXEL * _SHARE[int(deepest(config.layers)[5])]
    pictures = 2 * config.history + 6 if config.optimizer == "lbfgs" else 6
    return _RUNTIME + painted[0] * painted[1] * (network + 3 * 4 * pictures)
