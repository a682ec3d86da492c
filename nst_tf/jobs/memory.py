"""Check that a run fits into memory."""

from nst_tf.config import StyleConfig
from nst_tf.jobs.job import Label
from nst_tf.runs.memory import estimated_bytes
from nst_tf.scales.plan import Size
from nst_tf.storage.free_memory import available_bytes


def check_memory(size: Size, config: StyleConfig, *, force: bool, label: Label = str) -> float:
    """Estimate the memory of a run, in bytes, and refuse it if that is not free; needs TensorFlow.

    Args:
        size: Height and width of the painting.
        config: The settings.
        force: Whether to accept any estimate.
        label: How the error message names a setting.

    Raises:
        ValueError: If there is less memory, and no GPU.
    """
    import tensorflow as tf

    needed, free = estimated_bytes(size, config), available_bytes()
    if needed > free and not force and not tf.config.list_physical_devices("GPU"):
        raise ValueError(
            f"{size[1]}x{size[0]} px take about {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free; "
            f"choose a smaller {label('size')}, or {label('force')} it."
        )
    return needed
