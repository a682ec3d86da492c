"""Bounded L-BFGS: a quasi-Newton method with bound constraints, pixels in [0, 1], as a pure function.

Limited-memory BFGS (Liu and Nocedal 1989; the paper's choice) with a clip after each step ignores the effect of the
clip. Here the box constraint is part of the method, as a two-metric projection (Bertsekas 1982): pixels at a bound
that descent would cross are held, the others move along the quasi-Newton direction, and the line search follows the
projected path. Every call evaluates the loss once, whether the line search accepts or backtracks, so the cost is the
number of steps.
"""

import functools
from typing import Any, NamedTuple

import tensorflow as tf

from nst_tf.optimizers.interface import Evaluate, Optimizer

Tensors = tuple[tf.Tensor, ...]

SUFFICIENT = 1e-4
"""Share of the predicted decrease that a step must achieve (Armijo condition)."""

FIRST_MOVE = 0.01
"""Root mean square of the pixels' first change, before any curvature is known."""

SHORTEST = 1e-3
"""Step length below which a line search discards the curvature history."""


class LbfgsState(NamedTuple):
    """The state that one evaluation passes to the next.

    Attributes:
        step: Number of evaluations, a scalar int64.
        image: The best image so far, `(1, H, W, 3)` in [0, 1].
        loss: Its loss; infinite before the first evaluation.
        gradient: Its gradient.
        trial: The image to evaluate next.
        direction: Search direction, of the image's shape.
        length: Step length of the trial along the direction; 1 is the quasi-Newton step.
        moves: Differences between successive images, newest first, each of the image's shape.
        changes: Differences between their gradients.
        inverse_curvatures: `1 / (move . change)` of each, `(history,)`; 0 where there is none yet.
    """

    step: tf.Tensor
    image: tf.Tensor
    loss: tf.Tensor
    gradient: tf.Tensor
    trial: tf.Tensor
    direction: tf.Tensor
    length: tf.Tensor
    moves: Tensors
    changes: Tensors
    inverse_curvatures: tf.Tensor


def lbfgs(*, history: int) -> Optimizer:
    """Return bounded L-BFGS.

    Args:
        history: Number of stored pairs of a move and a change of the gradient.
    """
    start = functools.partial(initial_state, history=history)
    return Optimizer(
        start=lambda image, _: start(image),  # the curvature decides the step length, not a learning rate
        step=lbfgs_step,
        picture=lambda state: state.image,
        restarted=lambda state, image: start(image)._replace(step=state.step),
    )


def initial_state(image: tf.Tensor, *, history: int) -> LbfgsState:
    """Return the state before the first evaluation: this image, with an empty history."""
    zeros = tf.zeros_like(image)
    return LbfgsState(
        step=tf.constant(0, tf.int64),
        image=image,
        loss=tf.constant(float("inf"), image.dtype),
        gradient=zeros,
        trial=image,
        direction=zeros,
        length=tf.constant(1.0, image.dtype),
        moves=(zeros,) * history,
        changes=(zeros,) * history,
        inverse_curvatures=tf.zeros(history, image.dtype),
    )


def lbfgs_step(state: LbfgsState, terms: Any, evaluate: Evaluate) -> tuple[LbfgsState, Any]:
    """Evaluate the trial; accept it if the loss has fallen enough, otherwise try a shorter step.

    The terms returned are those of the best image so far.
    """
    tried, gradient = evaluate(state.trial)
    promised = _dot(state.gradient, state.trial - state.image)
    first = tf.math.is_inf(state.loss)
    enough = tried.loss <= state.loss + SUFFICIENT * promised  # false if the loss is not a number
    state, terms = tf.cond(
        tf.logical_or(first, enough),
        lambda: (_accepted(state, tried.loss, gradient), tried),
        lambda: (_shortened(state, tried.loss, promised), terms),
    )
    return state._replace(step=state.step + 1), terms


def _accepted(state: LbfgsState, loss: tf.Tensor, gradient: tf.Tensor) -> LbfgsState:
    """Accept the trial: update the curvature history, and choose a new direction."""
    move, change = state.trial - state.image, gradient - state.gradient
    curvature = _dot(move, change)
    known = (state.moves, state.changes, state.inverse_curvatures)
    moves, changes, inverse_curvatures = tf.cond(
        curvature > 1e-10 * _dot(change, change),
        lambda: _remembered(known, move, change, 1.0 / curvature),
        lambda: known,
    )
    return _with_new_direction(
        state._replace(image=state.trial, loss=loss, gradient=gradient), moves, changes, inverse_curvatures
    )


def _shortened(state: LbfgsState, loss: tf.Tensor, promised: tf.Tensor) -> LbfgsState:
    """Try the minimum of the interpolating parabola, limited to between a tenth and half of the last length."""
    share = -promised / (2.0 * (loss - state.loss - promised))
    share = tf.where(tf.math.is_finite(share), tf.clip_by_value(share, 0.1, 0.5), 0.1)
    length = state.length * share

    def forget() -> LbfgsState:
        """Discard the curvature history."""
        return _with_new_direction(state, state.moves, state.changes, tf.zeros_like(state.inverse_curvatures))

    def back_off() -> LbfgsState:
        """Try a shorter step along the same direction."""
        return state._replace(length=length, trial=_project(state.image + length * state.direction))

    hopeless = tf.logical_and(length < SHORTEST, state.inverse_curvatures[0] > 0)
    return tf.cond(hopeless, forget, back_off)  # type: ignore[no-any-return]


def _with_new_direction(
    state: LbfgsState, moves: Tensors, changes: Tensors, inverse_curvatures: tf.Tensor
) -> LbfgsState:
    """Choose a direction by the gradient and the curvature history, and set the trial one full step along it."""
    free = _free_pixels(state.image, state.gradient)
    direction = -_scaled_by_curvature(state.gradient, free, moves, changes, inverse_curvatures)
    return LbfgsState(
        step=state.step,
        image=state.image,
        loss=state.loss,
        gradient=state.gradient,
        trial=_project(state.image + direction),
        direction=direction,
        length=tf.ones_like(state.length),
        moves=moves,
        changes=changes,
        inverse_curvatures=inverse_curvatures,
    )


def _remembered(
    known: tuple[Tensors, Tensors, tf.Tensor], move: tf.Tensor, change: tf.Tensor, inverse_curvature: tf.Tensor
) -> tuple[Tensors, Tensors, tf.Tensor]:
    moves, changes, kept = known
    return (
        (move, *moves[:-1]),
        (change, *changes[:-1]),
        tf.concat([[inverse_curvature], kept[:-1]], axis=0),
    )


def _scaled_by_curvature(
    gradient: tf.Tensor, free: tf.Tensor, moves: Tensors, changes: Tensors, inverse_curvatures: tf.Tensor
) -> tf.Tensor:
    """Multiply a gradient by the approximate inverse Hessian of the free pixels.

    The two-loop recursion of Nocedal and Wright (2006), algorithm 7.4, in which held pixels are always 0.
    """
    direction, weights = free * gradient, []
    for index, (move, change) in enumerate(zip(moves, changes, strict=True)):
        weights.append(inverse_curvatures[index] * _dot(move, direction))
        direction -= weights[index] * free * change
    direction *= _initial_scale(direction, changes[0], inverse_curvatures[0])
    for index in reversed(range(len(moves))):
        again = inverse_curvatures[index] * _dot(changes[index], direction)
        direction += (weights[index] - again) * free * moves[index]
    return direction


def _initial_scale(direction: tf.Tensor, change: tf.Tensor, inverse_curvature: tf.Tensor) -> tf.Tensor:
    """Return the scale of the initial inverse Hessian; without a history, one that makes the first step cautious."""
    count = tf.cast(tf.size(direction), direction.dtype)
    careful = FIRST_MOVE * tf.math.rsqrt(_dot(direction, direction) / count + 1e-30)
    scale = tf.math.divide_no_nan(1.0, inverse_curvature * _dot(change, change))
    return tf.where(inverse_curvature > 0, scale, careful)


def _free_pixels(image: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    """Return 0 for pixels at a bound that a step against the gradient would cross, 1 for all others."""
    held = tf.logical_or(tf.logical_and(image <= 0.0, gradient > 0.0), tf.logical_and(image >= 1.0, gradient < 0.0))
    return tf.cast(tf.logical_not(held), image.dtype)


def _project(image: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(image, 0.0, 1.0)


def _dot(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(first * second)
