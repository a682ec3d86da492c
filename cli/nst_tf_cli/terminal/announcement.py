"""The line that says what is about to be painted, and on what hardware."""

import os
from typing import TYPE_CHECKING

from nst_tf.jobs.memory import in_blocks

if TYPE_CHECKING:
    from nst_tf.jobs.events import Started


def announcement(started: "Started") -> str:
    """Say in one line what is painted and what it runs on."""
    plan, photograph, resolved = started.plan, started.content_size, started.provenance.config
    height, width = painted = plan[-1].size
    reduced = "" if painted == photograph else f" (of {photograph[1]}x{photograph[0]}; --size for another)"
    scales = f" by way of {', '.join(str(max(stage.size)) for stage in plan[:-1])}" if len(plan) > 1 else ""
    hardware = describe_hardware(resolved.precision, started.memory)
    blocks = in_blocks(resolved) if isinstance(resolved.block, int) and max(painted) > resolved.block else ""
    return f"Painting {width}x{height} px{reduced}{scales}{blocks} on {hardware}, weights {resolved.weights}"


def describe_hardware(precision: str, memory: float) -> str:
    """Describe what a run computes on and in, and how many bytes of memory it takes; needs TensorFlow."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    device = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else "CPU"
    size = "" if gpus else f", about {memory / 1e9:.1f} GB"
    return f"{device}, {thread_count()} threads, {precision}{size}"


def thread_count() -> int:
    """Return how many threads TensorFlow computes with: those that it is asked for, or one for each core."""
    import tensorflow as tf

    asked = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    named = int(asked) if asked.isdecimal() else 0
    return tf.config.threading.get_intra_op_parallelism_threads() or named or usable_cores()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
