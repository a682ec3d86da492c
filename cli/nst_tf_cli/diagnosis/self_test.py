"""Paint for half a second, and compare the rate with that of a matrix product."""

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nst_tf.layer_names import LAYERS, kernel_shape
from nst_tf_cli.diagnosis.finding import Finding

if TYPE_CHECKING:
    from nst_tf.runs.progress import Progress

SECONDS = 0.5
"""How long it paints, after the graph has been compiled."""

SIDE = 256
"""Sides of the picture, px."""

MATRIX = 2048
"""Sides of the matrices."""


def find_rate() -> Iterator[Finding]:
    """Yield the rates of painting and of a matrix product; needs TensorFlow.

    Raises:
        FloatingPointError: If the loss is not finite, or does not fall.
    """
    from nst_tf.network.precision import resolved_precision

    steps, seconds = paint_a_while()
    precision = resolved_precision("auto")
    rate, best = steps * step_operations(SIDE) / seconds, matrix_rate(precision)
    value = f"{steps} steps at {SIDE} px in {seconds:.1f} s, {rate / 1e9:.0f} GFLOP/s"
    yield Finding(section="Self-test", name="painting", value=value)
    value = f"{best / 1e9:.0f} GFLOP/s in {precision}; painting reaches {rate / best:.0%} of it"
    yield Finding(section="Self-test", name="matrix product", value=value)


def paint_a_while() -> tuple[int, float]:
    """Paint with the built-in network; return how many steps were timed, and their seconds.

    Raises:
        FloatingPointError: If the loss does not fall.
    """
    import numpy as np

    from nst_tf.config import StyleConfig
    from nst_tf.transfer import stylize

    seen: list[tuple[int, float, float]] = []

    def watch(progress: "Progress") -> bool:
        """Take a time, and return whether it has been long enough."""
        seen.append((progress.step, time.perf_counter(), progress.loss))
        return len(seen) > 2 and seen[-1][1] - seen[0][1] > SECONDS

    random = np.random.default_rng(0)
    content, style = (random.random((1, SIDE, SIDE, 3), np.float32) for _ in range(2))
    config = StyleConfig(weights="builtin", size=SIDE, scales=1, steps=100_000, block="whole")
    stylize(content, style, config=config, callback=watch, report_every=1)
    (first, begun, before), (last, ended, after) = seen[0], seen[-1]
    if not after < before:
        raise FloatingPointError(f"The loss should fall; it went from {before:g} to {after:g}.")
    return last - first, ended - begun


def matrix_rate(precision: str) -> float:
    """Return the rate of multiplying square matrices, in operations per second: the best of several runs."""
    import tensorflow as tf

    first, second = (tf.cast(tf.random.stateless_normal((MATRIX, MATRIX), (seed, 0)), precision) for seed in (1, 2))
    best, end = 0.0, time.perf_counter() + SECONDS
    while not best or time.perf_counter() < end:
        begun = time.perf_counter()
        tf.linalg.matmul(first, second).numpy()
        best = max(best, 2 * MATRIX**3 / (time.perf_counter() - begun))
    return best


def step_operations(side: int) -> float:
    """Return the multiplications and additions of a step with the default layers: network and Gram matrices, twice.

    Args:
        side: Sides of the picture, px.
    """
    from nst_tf.config import StyleConfig
    from nst_tf.layer_names import deepest

    style = StyleConfig().style_layer_weights
    total = 0.0
    for layer in LAYERS[: LAYERS.index(deepest(style)) + 1]:
        shape, positions = kernel_shape(layer), (side / 2 ** (int(layer[5]) - 1)) ** 2
        total += 2 * math.prod(shape) * positions
        total += 2 * shape[3] ** 2 * positions if layer in style else 0
    return 2 * total
