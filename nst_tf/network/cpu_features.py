"""Processor features that decide which arithmetic is fast."""

import functools
import os
from pathlib import Path

BFLOAT16 = {"avx512_bf16", "amx_bf16"}
"""Instruction sets, either of which makes bfloat16 about twice as fast as float32."""

FLOAT16 = {"avx512_fp16", "amx_fp16"}
"""Instruction sets, either of which computes in float16."""

ONEDNN = {"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"}
"""Instruction sets, any of which makes TensorFlow on Linux convolve with oneDNN."""


@functools.cache
def processor_features() -> frozenset[str]:
    """Return the instruction sets that Linux lists; none on other systems."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), ()))


def uses_onednn() -> bool:
    """Return whether TensorFlow convolves with oneDNN here rather than with Eigen, by its own rule for Linux on x86.

    The environment variable `TF_ENABLE_ONEDNN_OPTS` takes precedence, as in TensorFlow. A wrong answer only costs time.
    """
    wish = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "").lower()
    return wish in ("1", "true") or (wish not in ("0", "false") and bool(ONEDNN & processor_features()))
