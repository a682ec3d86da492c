"""Step times of the exported model and the library, in one process."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import nst_tf
from benchmarks.problem import Problem
from nst_tf_serving.saved_model.exporter import export

FEW, MANY = 2, 10


def compare(problem: Problem, *, precision: str, rounds: int) -> dict[str, Any]:
    """Time steps of the library and of the exported model alternately, at one size.

    The difference of a long and a short run cancels all time outside the steps.
    """
    with tempfile.TemporaryDirectory() as folder:
        filters = Path(folder) / "network.npz"
        np.savez(filters, **problem.filters)
        size = max(problem.content.shape[1:3])
        base = {"weights": str(filters), "precision": precision, "size": size, "scales": 1}
        model = tf.saved_model.load(str(export(Path(folder) / "model", config=nst_tf.StyleConfig(**base))))

        def library(steps: int) -> None:
            """Paint with the library."""
            nst_tf.stylize(problem.content, problem.style, config=nst_tf.StyleConfig(**base, steps=steps))

        def served(steps: int) -> None:
            """Paint with the exported model."""
            painted = model.stylize(
                tf.constant(problem.content), tf.constant(problem.style), steps=tf.constant([steps])
            )
            painted["stylized"].numpy()  # wait for the result, also on a GPU

        sides: dict[str, Callable[[int], None]] = {"library": library, "served": served}
        for run in sides.values():
            run(1)
        times: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, run in sides.items():
                times[name].append((_seconds(run, MANY) - _seconds(run, FEW)) / (MANY - FEW))
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def _seconds(run: Callable[[int], None], steps: int) -> float:
    begun = time.perf_counter()
    run(steps)
    return time.perf_counter() - begun
