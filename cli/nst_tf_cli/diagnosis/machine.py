"""Processor and memory. Imports no TensorFlow."""

import os
import platform
from collections.abc import Iterator
from pathlib import Path

from nst_tf_cli.diagnosis.finding import Finding, Level
from nst_tf_cli.terminal.announcement import usable_cores

LITTLE = 2e9
"""Bytes of free memory that a picture of 512 px takes, about."""

LONGER_SIDES = (256, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288)
"""Pixels, to say how large a picture fits into memory."""

VECTORS = ("neon", "asimd", "avx2", "fma", "avx512f")
"""Instruction sets for float32 that are worth a mention."""

VARIABLES = (
    *("NST_TF_CACHE", "NST_TF_CONFIG", "NST_TF_WEIGHTS", "NST_TF_PRECISION", "NST_TF_GRAPHICS", "NST_TF_DEBUG"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS"),
    *("TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR", "TF_DETERMINISTIC_OPS", "TF_CPP_MIN_LOG_LEVEL"),
    *("KERAS_HOME", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "TMPDIR"),
)
"""Environment variables that change how a run goes. None of them holds a secret."""


def find_processor() -> Iterator[Finding]:
    """Yield the processor, its instruction sets, and how many cores this process may use."""
    from nst_tf.network.cpu_features import BFLOAT16, FLOAT16, ONEDNN, processor_features

    known = processor_features()
    listed = [each for each in VECTORS if each in known] + sorted((BFLOAT16 | FLOAT16 | ONEDNN) & known)
    yield Finding(section="Processor", name="name", value=processor_name())
    yield Finding(section="Processor", name="features", value=" ".join(listed) or "not listed by this system")
    yield Finding(section="Processor", name="cores", value=f"{usable_cores()} of {os.cpu_count()} for this process")


def find_memory() -> Iterator[Finding]:
    """Yield the free memory, and how large a picture fits into it."""
    import psutil

    from nst_tf.storage.free_memory import available_bytes

    free, machine = available_bytes(), psutil.virtual_memory()
    limit = "" if free >= machine.available else "; a limit on this process or container leaves less than the machine"
    yield Finding(
        section="Memory",
        name="free",
        value=f"{free / 1e9:.1f} GB of {machine.total / 1e9:.1f} GB{limit}",
        level=Level.NOTE if free < LITTLE else Level.OK,
        advice="close other programs, or paint at --size 256" if free < LITTLE else "",
    )
    side = largest_side(free)
    value = f"up to {side}x{side * 3 // 4} px" if side else "none"
    yield Finding(section="Memory", name="whole pictures", value=f"{value}; larger ones block by block")


def find_environment() -> Iterator[Finding]:
    """Yield the environment variables that are set and change how a run goes."""
    for name in VARIABLES:
        if name in os.environ:
            yield Finding(section="Environment", name=name, value=os.environ[name])


def largest_side(free: float) -> int:
    """Return the longer side of the largest picture of 4:3 that some bytes of memory take at once; 0 for none, px."""
    from nst_tf.config import StyleConfig
    from nst_tf.runs.memory import estimated_bytes

    config = StyleConfig(block="whole")
    return max((side for side in LONGER_SIDES if estimated_bytes((side * 3 // 4, side), config) <= free), default=0)


def processor_name() -> str:
    """Return the processor's name, as Linux lists it or Python knows it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    listed = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(listed, "") or platform.processor() or platform.machine()
