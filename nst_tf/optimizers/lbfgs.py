"""Bounded L-BFGS: a quasi-Newton method that knows that pixels live in [0, 1], as a pure function.

Limited-memory BFGS (Liu and Nocedal 1989; the paper's choice) clipped from outside forgets what the clip did to its
step. Here the box is part of the method, as a two-metric projection (Bertsekas 1982): pixels that lie on a bound and
are pushed against it sit out, the others move along the quasi-Newton direction, and the line search follows the path
that the box bends. Every call evaluates the loss once, whether the line search goes on or backs off, so that the
number of steps is the cost.
"""

import functools
from typing import Any, NamedTuple

import tensorflow as tf

from nst_tf.optimizers.interface import Evaluate, Optimizer

Tensors = tuple[tf.Tensor, ...]

SUFFICIENT = 1e-4
"""Share of the promised decrease that a step must bring (Armijo)."""

FIRST_MOVE = 0.01
"""Root mean square of the first change of the pixels, when nothing is known of the curvature."""

SHORTEST = 1e-3
"""Shortest step length tried along a direction before all that is known of the curvature is dropped."""


class LbfgsState(NamedTuple):
    """Everything that one evaluation passes on to the next.

    Attributes:
        step: Number of evaluations, a scalar int64.
        image: The best picture so far, `(1, H, W, 3)` in [0, 1].
        loss: Its loss; infinite before the first evaluation.
        gradient: Its gradient.
        trial: The picture to evaluate next.
        direction: Where the line search is heading, of the image's shape.
        length: How far along the direction the trial lies; 1 is the quasi-Newton step.
        moves: Differences between successive pictures, newest first, each of the image's shape.
        changes: Differences between their gradients.
        curvatures: `1 / (move . change)` of each, `(history,)`; 0 where there is none yet.
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
    curvatures: tf.Tensor


def lbfgs(*, history: int) -> Optimizer:
    """Return bounded L-BFGS.

    Args:
        history: How many pairs of moves and changes of the gradient it remembers.
    """
    start = functools.partial(initial_state, history=history)
    return Optimizer(
        start=lambda image, _: start(image),  # the curvature decides how far to go, not a learning rate
        step=lbfgs_step,
        picture=lambda state: state.image,
        restarted=lambda state, image: start(image)._replace(step=state.step),
    )


def initial_state(image: tf.Tensor, *, history: int) -> LbfgsState:
    """Return the state before the first evaluation: this image, and nothing known."""
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
        curvatures=tf.zeros(history, image.dtype),
    )


def lbfgs_step(state: LbfgsState, terms: Any, evaluate: Evaluate) -> tuple[LbfgsState, Any]:
    """Evaluate the trial; go on from it if the loss has fallen enough, otherwise try a shorter step.

    The terms returned are those of the best picture so far.
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
    """Go on from the trial: learn the curvature between it and the last picture, and choose a new direction."""
    move, change = state.trial - state.image, gradient - state.gradient
    curvature = _dot(move, change)
    known = (state.moves, state.changes, state.curvatures)
    moves, changes, curvatures = tf.cond(
        curvature > 1e-10 * _dot(change, change),
        lambda: _remembered(known, move, change, 1.0 / curvature),
        lambda: known,
    )
    return _with_new_direction(
        state._replace(image=state.trial, loss=loss, gradient=gradient), moves, changes, curvatures
    )


def _shortened(state: LbfgsState, loss: tf.Tensor, promised: tf.Tensor) -> LbfgsState:
    """Try the minimum of the parabola through what is known, between a tenth and half of the last length."""
    share = -promised / (2.0 * (loss - state.loss - promised))
    share = tf.where(tf.math.is_finite(share), tf.clip_by_value(share, 0.1, 0.5), 0.1)
    length = state.length * share

    def forget() -> LbfgsState:
        return _with_new_direction(state, state.moves, state.changes, tf.zeros_like(state.curvatures))

    def back_off() -> LbfgsState:
        return state._replace(length=length, trial=_project(state.image + length * state.direction))

    hopeless = tf.logical_and(length < SHORTEST, state.curvatures[0] > 0)
    return tf.cond(hopeless, forget, back_off)  # type: ignore[no-any-return]


def _with_new_direction(state: LbfgsState, moves: Tensors, changes: Tensors, curvatures: tf.Tensor) -> LbfgsState:
    """Choose the direction from the picture, its gradient and the curvature, and the trial one step along it."""
    free = _free_pixels(state.image, state.gradient)
    direction = -_scaled_by_curvature(state.gradient, free, moves, changes, curvatures)
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
        curvatures=curvatures,
    )


def _remembered(
    known: tuple[Tensors, Tensors, tf.Tensor], move: tf.Tensor, change: tf.Tensor, curvature: tf.Tensor
) -> tuple[Tensors, Tensors, tf.Tensor]:
    moves, changes, curvatures = known
    return (move, *moves[:-1]), (change, *changes[:-1]), tf.concat([[curvature], curvatures[:-1]], axis=0)


def _scaled_by_curvature(
    gradient: tf.Tensor, free: tf.Tensor, moves: Tensors, changes: Tensors, curvatures: tf.Tensor
) -> tf.Tensor:
    """Multiply a gradient by the inverse Hessian of the free pixels, as far as known.

    The two loops of Nocedal and Wright (2006), algorithm 7.4, in which pixels that sit out are always 0.
    """
    slope, weights = free * gradient, []
    for index, (move, change) in enumerate(zip(moves, changes, strict=True)):
        weights.append(curvatures[index] * _dot(move, slope))
        slope -= weights[index] * free * change
    slope *= _typical_curvature(slope, changes[0], curvatures[0])
    for index in reversed(range(len(moves))):
        again = curvatures[index] * _dot(changes[index], slope)
        slope += (weights[index] - again) * free * moves[index]
    return slope


def _typical_curvature(slope: tf.Tensor, change: tf.Tensor, curvature: tf.Tensor) -> tf.Tensor:
    """Return the first guess at the inverse Hessian, a scalar; before anything is known, a careful step's length."""
    count = tf.cast(tf.size(slope), slope.dtype)
    careful = FIRST_MOVE * tf.math.rsqrt(_dot(slope, slope) / count + 1e-30)
    return tf.where(curvature > 0, tf.math.divide_no_nan(1.0, curvature * _dot(change, change)), careful)


def _free_pixels(image: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    """Return 0 for pixels on a bound that the gradient would push through it, 1 for all others."""
    held = tf.logical_or(tf.logical_and(image <= 0.0, gradient > 0.0), tf.logical_and(image >= 1.0, gradient < 0.0))
    return tf.cast(tf.logical_not(held), image.dtype)


def _project(image: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(image, 0.0, 1.0)


def _dot(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(first * second)
