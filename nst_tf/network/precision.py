"""The floating-point type of the network. Image, optimizer, Gram matrices and losses are always float32."""

import tensorflow as tf

from nst_tf.network.cpu_features import BFLOAT16, FLOAT16, processor_features

BFLOAT16_GPU = (8, 0)
"""Lowest compute capability (Nvidia's Ampere) that supports bfloat16."""


def resolved_precision(precision: str) -> str:
    """Return the type that `StyleConfig.precision` means on this machine.

    Args:
        precision: `auto`, `float32`, `bfloat16` or `float16`.

    Raises:
        ValueError: If float16 is requested and neither a GPU nor the processor supports it.
    """
    gpus = _gpu_capabilities()
    if precision == "float16" and not gpus and not FLOAT16 & processor_features():
        raise ValueError("float16 needs a GPU or a processor with AVX512_FP16; use bfloat16 or float32.")
    if precision != "auto":
        return precision
    fast = min(gpus) >= BFLOAT16_GPU if gpus else bool(BFLOAT16 & processor_features())
    return "bfloat16" if fast else "float32"


def _gpu_capabilities() -> list[tuple[int, int]]:
    """Return the compute capability of each GPU."""
    details = (tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU"))
    return [detail.get("compute_capability", (0, 0)) for detail in details]
