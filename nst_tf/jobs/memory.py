"""Check that a run fits into memory."""

from collections.abc import Sequence
from typing import NamedTuple

from nst_tf.config import StyleConfig
from nst_tf.jobs.job import Label
from nst_tf.runs.memory import estimated_bytes, fit_to_memory, free_for_run
from nst_tf.scales.plan import Size


class MemoryPlan(NamedTuple):
    """How a run fits into memory.

    Attributes:
        config: The settings, with a block of `auto` replaced by what it stands for, and perhaps a shorter history.
        bytes: Estimate of the memory that the run takes.
    """

    config: StyleConfig
    bytes: float


def plan_memory(
    size: Size, config: StyleConfig, *, force: bool, styles: Sequence[Size] = (), label: Label = str
) -> MemoryPlan:
    """Decide whether a run is painted in blocks, and refuse one for which there is not enough memory; needs TensorFlow.

    Args:
        size: Height and width of the painting.
        config: The settings.
        force: Whether to accept any estimate.
        styles: Height and width of each style's file; if none is given, one has the painting's proportions.
        label: How the error message names a setting.

    Raises:
        ValueError: If there is less memory, and no GPU.
    """
    free = free_for_run()
    config = fit_to_memory(size, config, free, styles=styles)
    needed = estimated_bytes(size, config, styles=styles)
    if needed > free and not force:
        raise ValueError(
            f"{size[1]}x{size[0]} px{in_blocks(config)} take about {needed / 1e9:.1f} GB of memory, "
            f"{free / 1e9:.1f} GB are free; choose a smaller {label('size')}, or {label('force')} it."
        )
    return MemoryPlan(config, needed)


def in_blocks(config: StyleConfig) -> str:
    """Say how large the blocks are in which a picture is painted, if it is."""
    return "" if isinstance(config.block, str) else f" in blocks of {config.block} px"
