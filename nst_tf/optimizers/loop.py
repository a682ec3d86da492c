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
        taken: Steps taken at this size; in a graph a scalar int32.
        losses: The losses at the ends of the last two windows, infinite before; in a graph `(2,)`, float64.
        good: The last image known to have a finite loss, of this size or a smaller one; None if there is none.
    """

    state: State
    terms: Any
    taken: Any = 0
    losses: Any = (math.inf, math.inf)
    good: tf.Tensor | None = None


Drive = Callable[[State, Any, Any], tuple[State, Any]]
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


def descend(evaluate: Evaluate, optimizer: Optimizer, state: State, terms: Any, steps: tf.Tensor) -> tuple[State, Any]:
    """Take some steps, as a pure function with one graph loop, for any driver.

    Args:
        evaluate: From an image to the loss terms, and the gradient of the loss.
        optimizer: The optimizer.
        state: The state before the first step.
        terms: The last terms of `evaluate`, or zeros of the same structure.
        steps: Number of steps, a scalar int32.

    Returns:
        The state after the last step, and the terms evaluated in this step.
    """

    def once(taken: tf.Tensor, state: State, terms: Any) -> tuple[tf.Tensor, State, Any]:
        """Take one step, and count it."""
        return taken + 1, *optimizer.step(state, terms, evaluate)

    start = (tf.constant(0), state, terms)
    _, state, terms = tf.while_loop(lambda taken, *_: taken < steps, once, start, parallel_iterations=1)
    return state, terms


def optimize_in_graph(
    drive: Drive, loop_state: LoopState, *, steps: tf.Tensor, stop_when: float | None = None
) -> LoopState:
    """Take some steps as `optimize` does, as a pure function in a graph, without reports.

    Args:
        drive: Takes some steps at once, as `descend` does.
        loop_state: The state before the first step; numbers may be tensors, `good` is ignored.
        steps: Most steps at this size, including those already taken in `loop_state`.
        stop_when: Stop when the loss has fallen by less than this share over the last `WINDOW` steps.
    """
    if stop_when is None:
        state, terms = drive(loop_state.state, loop_state.terms, steps - loop_state.taken)
        return loop_state._replace(state=state, terms=terms, taken=steps)

    def window(
        taken: tf.Tensor, losses: tf.Tensor, state: State, terms: Any
    ) -> tuple[tf.Tensor, tf.Tensor, State, Any]:
        """Take the steps up to the end of a window, and record the loss there."""
        stride = tf.minimum(WINDOW - taken % WINDOW, steps - taken)
        state, terms = drive(state, terms, stride)
        ends = (taken + stride) % WINDOW == 0
        recorded = tf.stack([losses[1], tf.cast(terms.loss, losses.dtype)])
        return taken + stride, tf.where(ends, recorded, losses), state, terms

    def goes_on(taken: tf.Tensor, losses: tf.Tensor, *_: Any) -> tf.Tensor:
        """Return whether steps are left and the loss has not converged."""
        return tf.logical_and(taken < steps, tf.logical_not(has_settled(losses, stop_when)))

    losses = tf.convert_to_tensor(loop_state.losses, tf.float64)
    start = (tf.convert_to_tensor(loop_state.taken), losses, loop_state.state, loop_state.terms)
    taken, losses, state, terms = tf.while_loop(goes_on, window, start, parallel_iterations=1)
    return loop_state._replace(state=state, terms=terms, taken=taken, losses=losses)


def has_settled(losses: tf.Tensor, stop_when: float | None) -> tf.Tensor:
    """Return `has_converged` in a graph, a scalar bool; false without `stop_when` or before two windows have ended."""
    if stop_when is None:
        return tf.constant(False)
    # Check for infinities first: TensorFlow's arithmetic rewrites get their differences wrong.
    return tf.logical_and(tf.math.is_finite(losses[0]), has_converged(losses, stop_when))


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
