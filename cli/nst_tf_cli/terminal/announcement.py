"""The line that says what is about to be painted, and on what device."""

import os
from typing import TYPE_CHECKING, Any

from nst_tf.jobs.memory import in_blocks
from nst_tf_cli.terminal.console import counted

if TYPE_CHECKING:
    from nst_tf.jobs.events import Started


def announcement(started: "Started") -> str:
    """Say in one line what is painted, and where; `run_details` has the rest."""
    plan, photograph, resolved = started.plan, started.content_size, started.provenance.config
    height, width = painted = plan[-1].size
    unasked = started.job.config.size is None and painted != photograph
    reduced = f" of {photograph[1]}x{photograph[0]} (--size sets another)" if unasked else ""
    blocks = in_blocks(resolved) if isinstance(resolved.block, int) and max(painted) > resolved.block else ""
    steps = counted(sum(stage.steps for stage in plan), "step")
    return f"Painting {width}x{height} px{reduced} in {steps}{blocks} on {device_name()}, network {resolved.weights}"


def run_details(started: "Started") -> dict[str, Any]:
    """Return what a run computes on and how, as JSON values; needs TensorFlow."""
    sizes = [max(stage.size) for stage in started.plan]
    memory = {"memory": round(started.memory)}
    resolved = started.provenance.config
    where = {"device": device_name().removeprefix("the "), "threads": thread_count()}
    return {"weights": resolved.weights, "precision": resolved.precision, "sizes": sizes, **where, **memory}


def device_name() -> str:
    """Return the name of the GPU that TensorFlow computes on, or `the CPU`; needs TensorFlow."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "the GPU") if gpus else "the CPU"


def thread_count() -> int:
    """Return how many threads TensorFlow computes with: those that it is asked for, or one for each core."""
    import tensorflow as tf

    asked = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    named = int(asked) if asked.isdecimal() else 0
    return tf.config.threading.get_intra_op_parallelism_threads() or named or usable_cores()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
