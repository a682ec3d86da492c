"""Whether a server's memory stays flat under load."""

import statistics
from collections.abc import Sequence

Samples = Sequence[tuple[float, float]]
"""Pairs of seconds since the start and MB."""

FLAT = 0.02
"""Growth between two thirds of a run that counts as none; the first third is for warming up."""

LONG_ENOUGH = 300.0
"""Seconds of load from which on memory that grows is a failure; before, thread pools and heaps still fill."""


def memory_thirds(memory: Samples) -> tuple[float, float, float]:
    """Return the median MB of each third of a run; the thirds are equally long.

    Raises:
        ValueError: If a third has no samples.
    """
    begun, end = memory[0][0], memory[-1][0]
    thirds: tuple[list[float], ...] = ([], [], [])
    for seconds, megabytes in memory:
        thirds[min(2, int(3 * (seconds - begun) / max(end - begun, 1e-9)))].append(megabytes)
    if not all(thirds):
        raise ValueError(f"Three samples of memory or more are needed, spread over the run; got {len(memory)}.")
    first, middle, last = map(statistics.median, thirds)
    return first, middle, last


def memory_grows(memory: Samples) -> bool:
    """Return whether the last third's median is above the middle one's by more than `FLAT`."""
    _, middle, last = memory_thirds(memory)
    return last > middle * (1 + FLAT)


def memory_sentence(memory: Samples) -> str:
    """Say how the memory went, and whether it is flat."""
    first, middle, last = memory_thirds(memory)
    verdict = f"it grows by more than {FLAT:.0%}" if memory_grows(memory) else f"flat to {FLAT:.0%}"
    return (
        f"Memory, as the median of each third of the run: {first:.0f}, {middle:.0f} and {last:.0f} MB; from the second "
        f"third to the last, {verdict}."
    )


def memory_failures(name: str, memory: Samples) -> list[str]:
    """Return a sentence if memory grew in a run that is long enough to tell."""
    if memory[-1][0] - memory[0][0] < LONG_ENOUGH or not memory_grows(memory):
        return []
    return [f"{name}: {memory_sentence(memory)}"]
