"""Gradient descent on a picture: Adam as a pure function from state to state, and the loop that repeats it.

This module knows no network and no style. It minimizes whatever function of an image and some targets it is given.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_tf.config import StyleConfig


class DescentState(NamedTuple):
    """Everything that one step passes on to the next.

    Attributes:
        step: Number of steps taken, a scalar int64.
        image: The picture being optimized, `(1, H, W, 3)` in [0, 1].
        first_moment: Adam's decaying mean of gradients, of the image's shape.
        second_moment: Adam's decaying mean of squared gradients, of the image's shape.
        average: Decaying mean of the images so far, not yet corrected for its start at zero.
    """

    step: tf.Tensor
    image: tf.Tensor
    first_moment: tf.Tensor
    second_moment: tf.Tensor
    average: tf.Tensor


Loss = Callable[[tf.Tensor, Any], Any]
"""From an image and targets to a named tuple of scalars, the one to minimize called `loss`."""

Driver = Callable[[DescentState, Any, Any, tf.Tensor], None]
"""Moves variables on: a state and its terms, given targets, by a number of steps."""

REPORT_SECONDS = 0.25
"""How long the compiled loop runs between two reports, at the least one step."""


def initial_state(image: tf.Tensor) -> DescentState:
    """Return the state before the first step: this image, and nothing remembered."""
    zeros = tf.zeros_like(image)
    return DescentState(tf.constant(0, tf.int64), image, zeros, zeros, zeros)


def adam_step(state: DescentState, gradient: tf.Tensor, *, config: StyleConfig) -> DescentState:
    """Move the image once against its gradient, clip it to [0, 1], and add it to the moving average.

    Adam as Kingma and Ba (2015) give it at the end of section 2, and as Keras computes it. The paper itself uses
    L-BFGS; the clip and the average (after crowsonkb's style-transfer-pytorch) are not in it either.
    """
    step = state.step + 1
    time = tf.cast(step, gradient.dtype)
    first = state.first_moment + (gradient - state.first_moment) * (1 - config.beta_1)
    second = state.second_moment + (tf.square(gradient) - state.second_moment) * (1 - config.beta_2)
    rate = config.learning_rate * tf.sqrt(1 - config.beta_2**time) / (1 - config.beta_1**time)
    image = tf.clip_by_value(state.image - rate * first / (tf.sqrt(second) + config.epsilon), 0.0, 1.0)
    average = state.average + (image - state.average) * (1 - config.average_decay)
    return DescentState(step, image, first, second, average)


def averaged_image(state: DescentState, *, config: StyleConfig) -> tf.Tensor:
    """Return the moving average of the images, corrected for its start at zero; before any step, the image."""
    if int(state.step) == 0:
        return tf.convert_to_tensor(state.image)
    correction = 1 - tf.cast(config.average_decay, state.image.dtype) ** tf.cast(state.step, state.image.dtype)
    return tf.clip_by_value(state.average / correction, 0.0, 1.0)


def descend(
    loss: Loss, state: DescentState, terms: Any, targets: Any, steps: tf.Tensor, *, config: StyleConfig
) -> tuple[DescentState, Any]:
    """Take some steps, as a pure function and one graph loop, for a driver of any kind.

    Args:
        loss: What to minimize.
        state: Where to start.
        terms: What the loss returned last, or zeros of that structure.
        targets: Passed on to the loss.
        steps: How many steps, a scalar int32.
        config: Adam's settings.

    Returns:
        The state after the last step, and the terms just before it.
    """

    def once(taken: tf.Tensor, state: DescentState, _: Any) -> tuple[tf.Tensor, DescentState, Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(state.image)
            terms = loss(state.image, targets)
        return taken + 1, adam_step(state, tape.gradient(terms.loss, state.image), config=config), terms

    start = (tf.constant(0), state, terms)
    _, state, terms = tf.while_loop(lambda taken, *_: taken < steps, once, start, parallel_iterations=1)
    return state, terms


def make_driver(loss: Loss, *, config: StyleConfig) -> Driver:
    """Compile the loop around variables, so that it can stop every few steps and be looked at.

    The compiled function is traced once for pictures of all sizes, and holds no state of its own: runs that share it
    can't disturb each other.
    """

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def advance(state: DescentState, terms: Any, targets: Any, steps: tf.Tensor) -> None:
        values, targets = tf.nest.map_structure(tf.convert_to_tensor, (state, targets))
        moved = descend(loss, values, tf.nest.map_structure(tf.convert_to_tensor, terms), targets, steps, config=config)
        tf.nest.map_structure(lambda variable, value: variable.assign(value), (state, terms), moved)

    return advance  # type: ignore[no-any-return]


def unsized_variables(tensors: Any) -> Any:
    """Hold tensors in variables; height and width of `(B, H, W, C)` are left open, so that one trace fits all."""

    def hold(tensor: tf.Tensor) -> tf.Variable:
        shape = (tensor.shape[0], None, None, tensor.shape[3]) if tensor.shape.rank == 4 else tensor.shape
        return tf.Variable(tensor, shape=shape, trainable=False)

    return tf.nest.map_structure(hold, tensors)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run has come; given to the callback a few times a second, or after each step that takes longer.

    Attributes:
        step: Steps taken.
        steps: Steps to take in all.
        loss: The loss before the last step.
        terms: The terms it is the weighted sum of.
        seconds: Time since the run began, compilation included.
        image: Call it, within the callback, for the picture as it is now: the moving average, `(1, H, W, 3)`.
    """

    step: int
    steps: int
    loss: float
    terms: dict[str, float]
    seconds: float
    image: Callable[[], npt.NDArray[np.float32]]


Callback = Callable[[Progress], bool | None]
"""Watches a run; returning `True` ends it."""


def optimize(
    advance: Driver, state: DescentState, terms: Any, targets: Any, *, config: StyleConfig, callback: Callback | None
) -> None:
    """Move a state of variables on by `config.steps` steps, and report in between.

    Raises:
        FloatingPointError: If the loss stops being finite; the state is then of no use.
    """
    begun, taken, stride = time.perf_counter(), 0, 1
    while taken < config.steps:
        stride = min(stride, config.steps - taken)
        before = time.perf_counter()
        advance(state, terms, targets, tf.constant(stride))
        taken += stride
        values = {name: float(value) for name, value in terms._asdict().items()}
        now = time.perf_counter()
        if not math.isfinite(values["loss"]):
            raise FloatingPointError(
                f"The loss is {values['loss']} at step {taken}; try a lower learning rate. {values}"
            )
        progress = Progress(
            step=taken,
            steps=config.steps,
            loss=values.pop("loss"),
            terms=values,
            seconds=now - begun,
            image=lambda: averaged_image(state, config=config).numpy(),
        )
        if callback is not None and callback(progress) is True:
            return
        stride = max(1, int(stride * REPORT_SECONDS / (now - before)))
