"""The library through its public API, timed by a callback."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import nst_tf
from benchmarks.problem import LOSS, Array, Problem
from nst_tf.scales.resizing import resize


def step_seconds(problem: Problem, steps: int, *, precision: str) -> tuple[list[float], float]:
    """Time single steps of Adam; return the times and the first loss."""
    clock: list[float] = []
    losses: list[float] = []

    def note(progress: nst_tf.Progress) -> None:
        """Record the time and the loss."""
        clock.append(time.perf_counter())
        losses.append(progress.loss)

    _stylize(problem, note, precision=precision, steps=steps + 1, scales=1)
    return np.diff(clock).tolist(), losses[0]


def run(problem: Problem, wanted: list[int], **settings: Any) -> list[tuple[float, int, Array]]:
    """Paint; return seconds, steps and picture at the wanted steps and at the end."""
    snapshots: list[tuple[float, int, Array]] = []
    begun = time.perf_counter()

    def note(progress: nst_tf.Progress) -> None:
        """Take a snapshot at the wanted steps."""
        nonlocal begun
        if progress.step in wanted or progress.step == progress.steps:
            now = time.perf_counter()
            snapshots.append((now - begun, progress.step, resize(progress.image(), problem.content.shape[1:3]).numpy()))
            begun += time.perf_counter() - now

    _stylize(problem, note, **settings)
    return snapshots


def _stylize(problem: Problem, note: Any, **settings: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.npz"
        np.savez(path, **problem.filters)
        size = max(problem.content.shape[1:3])
        config = nst_tf.StyleConfig(weights=str(path), size=size, **LOSS, **settings)
        nst_tf.stylize(problem.content, problem.style, config=config, callback=note, report_every=1)


def matmul_rate(precision: str, *, size: int = 2048, repeats: int = 8) -> float:
    """Return the machine's rate of multiplying square matrices, operations per second: the best of several runs."""
    first, second = (tf.cast(tf.random.stateless_normal((size, size), (seed, 0)), precision) for seed in (1, 2))
    best = 0.0
    for _ in range(repeats):
        begun = time.perf_counter()
        tf.linalg.matmul(first, second).numpy()
        best = max(best, 2 * size**3 / (time.perf_counter() - begun))
    return best
