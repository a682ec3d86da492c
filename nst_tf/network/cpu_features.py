"""What the processor can do, as far as it decides what is fast on it."""

import functools
import os
from pathlib import Path

BFLOAT16 = {"avx512_bf16", "amx_bf16"}
"""Instruction sets, either of which makes bfloat16 about twice as fast as float32."""

FLOAT16 = {"avx512_fp16", "amx_fp16"}

ONEDNN = {"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"}
"""Instruction sets, any of which makes TensorFlow on Linux convolve with oneDNN."""


@functools.cache
def processor_features() -> frozenset[str]:
    """Return the instruction sets that Linux names; none on other systems."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), ()))


def uses_onednn() -> bool:
    """Tell whether TensorFlow convolves with oneDNN here, by its own rule for Linux on x86; otherwise with Eigen.

    The environment variable `TF_ENABLE_ONEDNN_OPTS` decides if it is set, as for TensorFlow. A wrong answer costs time.
    """
    wish = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "").lower()
    return wish in ("1", "true") or (wish not in ("0", "false") and bool(ONEDNN & processor_features()))
