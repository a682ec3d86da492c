"""Which arithmetic the network runs in. Image, optimizer, Gram matrices and losses are float32 in any case."""

import functools
from pathlib import Path

import tensorflow as tf

BFLOAT16_PROCESSOR = {"avx512_bf16", "amx_bf16"}
"""Names of the instruction sets, either of which makes bfloat16 about twice as fast as float32."""

FLOAT16_PROCESSOR = {"avx512_fp16", "amx_fp16"}

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
    if precision == "float16" and not gpus and not FLOAT16_PROCESSOR & _processor_features():
        raise ValueError("float16 needs a GPU or a processor with AVX512_FP16; use bfloat16 or float32.")
    if precision != "auto":
        return precision
    fast = min(gpus) >= BFLOAT16_GPU if gpus else bool(BFLOAT16_PROCESSOR & _processor_features())
    return "bfloat16" if fast else "float32"


def _gpu_capabilities() -> list[tuple[int, int]]:
    details = (tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU"))
    return [detail.get("compute_capability", (0, 0)) for detail in details]


@functools.cache
def _processor_features() -> frozenset[str]:
    """Return the instruction sets that Linux names; none on other systems, which then get float32."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), ()))
