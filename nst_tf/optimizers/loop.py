"""Gradient descent on a picture: what an optimizer is, the compiled loop that repeats its step, and how it is watched.

This module knows no network, no style and no particular optimizer. It minimizes whatever function of an image and some
targets it is given.
"""

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nst_tf.errors import DivergedError
from nst_tf.optimizers.interface import Loss, Optimizer, State

REPORT_SECONDS = 0.25
"""How long the compiled loop runs between two reports, at the least one step."""

WINDOW = 20
"""Steps over which the improvement is measured that decides about stopping early."""


class LoopState(NamedTuple):
    """Where a run at one size stands: all it takes to go on as if it had never paused.

    Attributes:
        state: The optimizer's.
        terms: What the loss returned last; zeros of that structure before the first step.
        taken: Steps taken at this size.
        losses: The losses at the ends of the last two windows, infinite where there was none.
        good: The last picture whose loss is known to be finite, of this size or a smaller one; None if there is none.
    """

    state: State
    terms: Any
    taken: int = 0
    losses: tuple[float, float] = (math.inf, math.inf)
    good: tf.Tensor | None = None

    def has_converged(self, stop_when: float | None) -> bool:
        """Tell whether the last window has lowered the loss by less than a share."""
        before, now = self.losses
        return stop_when is not None and before - now < stop_when * abs(before)


Report = Callable[[LoopState], bool]
"""Told where the run stands; returning `True` ends it."""


def descend(
    loss: Loss, optimizer: Optimizer, state: State, terms: Any, targets: Any, steps: tf.Tensor
) -> tuple[State, Any]:
    """Take some steps, as a pure function and one graph loop, for a driver of any kind.

    Args:
        loss: What to minimize.
        optimizer: How.
        state: Where to start.
        terms: What the loss returned last, or zeros of that structure.
        targets: Passed on to the loss.
        steps: How many steps, a scalar int32.

    Returns:
        The state after the last step, and the terms that this step evaluated.
    """

    def evaluate(image: tf.Tensor) -> tuple[Any, tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(image)
            terms = loss(image, targets)
        return terms, tape.gradient(terms.loss, image)

    def once(taken: tf.Tensor, state: State, terms: Any) -> tuple[tf.Tensor, State, Any]:
        return taken + 1, *optimizer.step(state, terms, evaluate)

    start = (tf.constant(0), state, terms)
    _, state, terms = tf.while_loop(lambda taken, *_: taken < steps, once, start, parallel_iterations=1)
    return state, terms


def make_driver(loss: Loss, optimizer: Optimizer) -> Any:
    """Compile the loop, so that it can stop every few steps and be looked at: a `tf.function` for `drive`."""

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def driver(state: State, terms: Any, targets: Any, steps: tf.Tensor) -> tuple[State, Any]:
        return descend(loss, optimizer, state, terms, targets, steps)

    return driver


def drive(driver: Any, state: State, terms: Any, targets: Any, steps: int) -> tuple[State, Any]:
    """Take some steps in one call of a driver."""
    return call_with_open_size(driver, state, terms, targets, tf.constant(steps))  # type: ignore[no-any-return]


def call_with_open_size(function: Any, *arguments: Any) -> Any:
    """Call a `tf.function` such that it is traced once for pictures of all sizes."""
    return function.get_concrete_function(*tf.nest.map_structure(_open_size, arguments))(*arguments)


def _open_size(tensor: tf.Tensor) -> tf.TensorSpec:
    """Describe a tensor, with height and width of `(B, H, W, C)` left open."""
    shape = (tensor.shape[0], None, None, tensor.shape[3]) if tensor.shape.rank == 4 else tensor.shape
    return tf.TensorSpec(shape, tensor.dtype)


def check_finite(terms: Any, good: tf.Tensor | None, *, when: str) -> None:
    """Raise `DivergedError` if a loss is not finite.

    Args:
        terms: What the loss returned.
        good: The last picture whose loss is known to be finite.
        when: Where in the run that is, for the message.
    """
    values = {name: float(value) for name, value in terms._asdict().items()}
    if math.isfinite(values["loss"]):
        return
    guilty = ", ".join(f"{name} is {value}" for name, value in values.items() if not math.isfinite(value))
    message = f"The loss is not finite {when}: {guilty}; try a lower learning rate, smaller weights, or float32."
    raise DivergedError(message, None if good is None else np.asarray(good))


def optimize(
    driver: Any,
    reached: LoopState,
    targets: Any,
    *,
    steps: int,
    report: Report,
    report_every: int | None = None,
    stop_when: float | None = None,
) -> LoopState:
    """Take some steps, and report in between.

    Args:
        driver: What `make_driver` returned.
        reached: Where to start.
        targets: Passed on to the loss.
        steps: How many steps, at most, with those that `reached` has taken.
        report: Told how far it is a few times a second, or after each step that takes longer.
        report_every: At every multiple of this number of steps as well, counted by the state.
        stop_when: Stop when the loss has fallen by less than this share over the last `WINDOW` steps.

    Raises:
        DivergedError: If the loss stops being finite.
    """
    stride, longest = 1, WINDOW
    while reached.taken < steps and not reached.has_converged(stop_when):
        # Neither the window nor what is recorded may depend on the machine's speed.
        pauses = [WINDOW - reached.taken % WINDOW, steps - reached.taken]
        if report_every:
            pauses.append(report_every - int(reached.state.step) % report_every)
        stride = min(stride, longest, *pauses)
        before = time.perf_counter()
        state, terms = drive(driver, reached.state, reached.terms, targets, stride)
        if stride > 1 and not math.isfinite(float(terms.loss)):
            longest = 1  # the last good picture lies in between; neither may that depend on the machine's speed
            continue
        check_finite(terms, reached.good, when=f"at step {int(state.step)}")
        reached = _advanced(reached, state, terms, reached.taken + stride)
        if report(reached):
            break
        stride = max(1, int(stride * REPORT_SECONDS / (time.perf_counter() - before)))
    return reached


def _advanced(reached: LoopState, state: State, terms: Any, taken: int) -> LoopState:
    """Go on to the next state; the loss of the picture before is finite, as the steps have evaluated it."""
    losses = reached.losses if taken % WINDOW else (reached.losses[1], float(terms.loss))
    return LoopState(state, terms, taken, losses, reached.state.image)
