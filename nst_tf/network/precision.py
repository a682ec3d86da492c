"""Which arithmetic the network runs in. Image, optimizer, Gram matrices and losses are float32 in any case."""

import tensorflow as tf

from nst_tf.network.cpu_features import BFLOAT16, FLOAT16, processor_features

BFLOAT16_GPU = (8, 0)
"""Least compute capability (Nvidia's Ampere) with bfloat16."""


def resolved_precision(precision: str) -> str:
    """Return the type that a configuration's precision stands for on this machine.

    Args:
        precision: `auto`, `float32`, `bfloat16` or `float16`.

    Raises:
        ValueError: If float16 is asked for and neither a GPU nor the processor computes in it.
    """
    gpus = _gpu_capabilities()
    if precision == "float16" and not gpus and not FLOAT16 & processor_features():
        raise ValueError("float16 needs a GPU or a processor with AVX512_FP16; use bfloat16 or float32.")
    if precision != "auto":
        return precision
    fast = min(gpus) >= BFLOAT16_GPU if gpus else bool(BFLOAT16 & processor_features())
    return "bfloat16" if fast else "float32"


def _gpu_capabilities() -> list[tuple[int, int]]:
    details = (tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU"))
    return [detail.get("compute_capability", (0, 0)) for detail in details]
