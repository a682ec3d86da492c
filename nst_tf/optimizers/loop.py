"""Optimization of an image: the loop over an optimizer's steps, with reports in between.

This module is independent of the network, the losses and the optimizer. The objective is an argument: a function that
returns value and gradient.
"""

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nst_tf.errors import DivergedError
from nst_tf.optimizers.interface import Evaluate, Optimizer, State

REPORT_SECONDS = 0.25
"""Time between two reports; at least one step."""

WINDOW = 20
"""Steps over which the improvement is measured for early stopping."""


class LoopState(NamedTuple):
    """The state of a run at one size: all that is needed to continue it exactly.

    Attributes:
        state: The optimizer's state.
        terms: The last loss terms; zeros of the same structure before the first step.
        taken: Steps taken at this size.
        losses: The losses at the ends of the last two windows; infinite before.
        good: The last image known to have a finite loss, of this size or a smaller one; None if there is none.
    """

    state: State
    terms: Any
    taken: int = 0
    losses: tuple[float, float] = (math.inf, math.inf)
    good: tf.Tensor | None = None


Drive = Callable[[State, Any, int], tuple[State, Any]]
"""From a state, the previous terms and a number of steps to the state and the terms after these steps."""

Report = Callable[[LoopState], bool]
"""Called with the state of the loop; returning `True` ends it."""


def has_converged(losses: Any, stop_when: Any) -> Any:
    """Return whether the last window has lowered the loss by less than a share; numbers or tensors.

    Args:
        losses: The losses at the ends of the last two windows.
        stop_when: The share.
    """
    before, now = losses[0], losses[1]
    return before - now < stop_when * abs(before)


def descend(
    evaluate: Evaluate,
    optimizer: Optimizer,
    state: State,
    terms: Any,
    steps: tf.Tensor,
    *,
    stop_when: float | None = None,
) -> tuple[State, Any]:
    """Take some steps, as a pure function with one graph loop, for any driver.

    Args:
        evaluate: From an image to the loss terms, and the gradient of the loss.
        optimizer: The optimizer.
        state: The state before the first step.
        terms: The last terms of `evaluate`, or zeros of the same structure.
        steps: Number of steps, a scalar int32.
        stop_when: Stop when the loss has fallen by less than this share over the last `WINDOW` steps.

    Returns:
        The state after the last step, and the terms evaluated in this step.
    """

    def once(taken: tf.Tensor, state: State, terms: Any) -> tuple[tf.Tensor, State, Any]:
        """Take one step, and count it."""
        return taken + 1, *optimizer.step(state, terms, evaluate)

    def take(state: State, terms: Any, count: tf.Tensor) -> tuple[State, Any]:
        """Take a number of steps in one loop."""
        start = (tf.constant(0), state, terms)
        _, state, terms = tf.while_loop(lambda taken, *_: taken < count, once, start, parallel_iterations=1)
        return state, terms

    return take(state, terms, steps) if stop_when is None else _in_windows(take, state, terms, steps, stop_when)


def _in_windows(
    take: Callable[..., tuple[State, Any]],
    state: State,
    terms: Any,
    steps: tf.Tensor,
    stop_when: float,
) -> tuple[State, Any]:
    """Take some steps, one window at a time, and stop early when the loss has converged."""

    def window(taken: tf.Tensor, losses: tf.Tensor, *before: Any) -> tuple[tf.Tensor, tf.Tensor, State, Any]:
        """Take the steps of one window, and record the loss at its end."""
        stride = tf.minimum(WINDOW, steps - taken)
        state, terms = take(*before, stride)
        return taken + stride, tf.stack([losses[1], tf.cast(terms.loss, losses.dtype)]), state, terms

    def goes_on(taken: tf.Tensor, losses: tf.Tensor, *_: Any) -> tf.Tensor:
        """Return whether steps are left and the loss has not converged."""
        # Check for infinities first: TensorFlow's arithmetic rewrites get their differences wrong.
        converged = tf.logical_and(tf.math.is_finite(losses[0]), has_converged(losses, stop_when))
        return tf.logical_and(taken < steps, tf.logical_not(converged))

    start = (tf.constant(0), tf.constant([math.inf, math.inf], tf.float64), state, terms)
    _, _, state, terms = tf.while_loop(goes_on, window, start, parallel_iterations=1)
    return state, terms


def check_finite(terms: Any, good: tf.Tensor | None, *, when: str) -> None:
    """Raise `DivergedError` if a loss is not finite.

    Args:
        terms: The loss terms.
        good: The last image known to have a finite loss.
        when: The place in the run, for the message.
    """
    values = {name: float(value) for name, value in terms._asdict().items()}
    if math.isfinite(values["loss"]):
        return
    guilty = ", ".join(f"{name} is {value}" for name, value in values.items() if not math.isfinite(value))
    message = f"The loss is not finite {when}: {guilty}; try a lower learning rate, smaller weights, or float32."
    raise DivergedError(message, None if good is None else np.asarray(good))


def optimize(
    drive: Drive,
    loop_state: LoopState,
    *,
    steps: int,
    report: Report,
    report_every: int | None = None,
    stop_when: float | None = None,
) -> LoopState:
    """Take some steps, with reports in between.

    Args:
        drive: Takes some steps at once, as `descend` does.
        loop_state: The state before the first step.
        steps: Most steps at this size, including those already taken in `loop_state`.
        report: Called a few times a second, or after each step if steps take longer.
        report_every: Call it at every multiple of this number of steps as well, as counted by the state.
        stop_when: Stop when the loss has fallen by less than this share over the last `WINDOW` steps.

    Raises:
        DivergedError: If the loss stops being finite.
    """
    stride, longest = 1, WINDOW
    while loop_state.taken < steps and not (stop_when is not None and has_converged(loop_state.losses, stop_when)):
        # Neither windows nor recorded steps may depend on the machine's speed.
        pauses = [WINDOW - loop_state.taken % WINDOW, steps - loop_state.taken]
        if report_every:
            pauses.append(report_every - int(loop_state.state.step) % report_every)
        stride = min(stride, longest, *pauses)
        before = time.perf_counter()
        state, terms = drive(loop_state.state, loop_state.terms, stride)
        if stride > 1 and not math.isfinite(float(terms.loss)):
            longest = 1  # repeat step by step to find the last good image, whatever the machine's speed
            continue
        check_finite(terms, loop_state.good, when=f"at step {int(state.step)}")
        loop_state = _advanced(loop_state, state, terms, stride)
        if report(loop_state):
            break
        stride = max(1, int(stride * REPORT_SECONDS / (time.perf_counter() - before)))
    return loop_state


def _advanced(before: LoopState, state: State, terms: Any, stride: int) -> LoopState:
    """Return the next loop state; the previous image is good, as the steps have found its loss finite."""
    taken = before.taken + stride
    losses = before.losses if taken % WINDOW else (before.losses[1], float(terms.loss))
    return LoopState(state, terms, taken, losses, before.state.image)
