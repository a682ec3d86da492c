"""How much memory a run takes, and how much there is. Imports no TensorFlow."""

from pathlib import Path

import psutil

from nst_tf.config import StyleConfig
from nst_tf.layers import deepest
from nst_tf.sizes import Size

_RUNTIME = 650e6
"""TensorFlow, the filters and all else that does not grow with the picture."""

_FLOATS_PER_PIXEL = {1: 330, 2: 400, 3: 430, 4: 450, 5: 460}
"""Values per pixel held at the peak, by the block of the deepest layer: rough, rather too many than too few."""

_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


def estimated_bytes(painted: Size, precision: str, config: StyleConfig) -> float:
    """Estimate the peak memory of a run on a CPU.

    Args:
        painted: Height and width of the result.
        precision: Type of the network's arithmetic, resolved.
        config: The settings.
    """
    pixels = painted[0] * painted[1]
    network = _FLOATS_PER_PIXEL[int(deepest(config.layers)[5])] * _BYTES[precision]
    optimizer = 3 * 4 * (2 * config.history + 6 if config.optimizer == "lbfgs" else 6)
    return _RUNTIME + pixels * (network + optimizer)


def available_bytes() -> float:
    """Return the memory that is free on this machine, or in this container if that is less."""
    return min([float(psutil.virtual_memory().available), *_container_bytes()])


def _container_bytes() -> list[float]:
    folder = Path("/sys/fs/cgroup")
    try:
        limit, used = ((folder / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return []
    return [] if limit == "max" else [float(limit) - float(used)]
