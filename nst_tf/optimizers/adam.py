"""Adam on an image, as a pure function."""

import functools
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nst_tf.optimizers.interface import Evaluate, Optimizer, Scalar


class AdamState(NamedTuple):
    """The state that one step passes to the next.

    Attributes:
        step: Number of steps taken, a scalar int64.
        image: The picture being optimized, `(1, H, W, 3)` in [0, 1].
        first_moment: Decaying mean of gradients, of the image's shape.
        second_moment: Decaying mean of squared gradients, of the image's shape.
        average: Decaying mean of the images so far, before bias correction.
        since: Number of steps taken at this size.
        rate: The learning rate, a scalar tensor, so that one trace serves all rates.
    """

    step: tf.Tensor
    image: tf.Tensor
    first_moment: tf.Tensor
    second_moment: tf.Tensor
    average: tf.Tensor
    since: tf.Tensor
    rate: tf.Tensor


def adam(*, beta_1: float, beta_2: float, epsilon: float, average_decay: float) -> Optimizer:
    """Return Adam; the learning rate is part of its state, so that one trace serves all rates.

    Args:
        beta_1: Decay of the gradient's mean, in [0, 1).
        beta_2: Decay of the gradient's square, in [0, 1).
        epsilon: Guard against division by zero.
        average_decay: Decay of the moving average of the images, which is the result, in [0, 1); 0 turns it off.
    """
    move = functools.partial(adam_step, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, average_decay=average_decay)

    def step(state: AdamState, _: Any, evaluate: Evaluate) -> tuple[AdamState, Any]:
        """Evaluate the loss and take a step."""
        terms, gradient = evaluate(state.image)
        return move(state, gradient), terms

    return Optimizer(
        start=initial_state,
        step=step,
        picture=functools.partial(averaged_image, average_decay=average_decay),
        restarted=_restarted,
        move=move,
    )


def initial_state(image: tf.Tensor, learning_rate: Scalar) -> AdamState:
    """Return the state before the first step: this image, with all moments zero."""
    first, second, average = (_zeros_like(image) for _ in range(3))
    none = tf.constant(0, tf.int64)
    return AdamState(none, image, first, second, average, none, tf.cast(learning_rate, image.dtype))


def _zeros_like(image: Any) -> Any:
    """Return a tensor, or for an array an array, which takes no memory until it is written to."""
    return np.zeros(image.shape, image.dtype) if isinstance(image, np.ndarray) else tf.zeros_like(image)


def adam_step(
    state: AdamState, gradient: tf.Tensor, *, beta_1: float, beta_2: float, epsilon: float, average_decay: float
) -> AdamState:
    """Take one step against the gradient, clip the image to [0, 1], and update the moving average.

    Adam as in Kingma and Ba (2015), end of section 2, and in Keras. The paper uses L-BFGS; unlike the paper, this clips
    and averages the image (after crowsonkb's style-transfer-pytorch).
    """
    time = tf.cast(state.since + 1, gradient.dtype)
    first = state.first_moment + (gradient - state.first_moment) * (1 - beta_1)
    second = state.second_moment + (tf.square(gradient) - state.second_moment) * (1 - beta_2)
    rate = state.rate * tf.sqrt(1 - beta_2**time) / (1 - beta_1**time)
    image = tf.clip_by_value(state.image - rate * first / (tf.sqrt(second) + epsilon), 0.0, 1.0)
    average = state.average + (image - state.average) * (1 - average_decay)
    return AdamState(state.step + 1, image, first, second, average, state.since + 1, state.rate)


def averaged_image(state: AdamState, *, average_decay: float) -> tf.Tensor:
    """Return the bias-corrected moving average of the images; before the first step, the image."""
    count = tf.cast(tf.maximum(state.since, 1), state.image.dtype)
    mean = state.average / (1 - tf.cast(average_decay, state.image.dtype) ** count)
    return tf.where(state.since > 0, tf.clip_by_value(mean, 0.0, 1.0), state.image)


def _restarted(state: AdamState, image: tf.Tensor) -> AdamState:
    """Restart from an image of another size, with all moments zero.

    Unlike crowsonkb's, which enlarges the moments as well: moments of another size fit the new pixels badly for dozens
    of steps, and left a grid in flat areas and a higher loss.
    """
    return initial_state(image, state.rate)._replace(step=state.step)
