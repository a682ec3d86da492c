"""The interface of an optimizer: pure functions of its state, eager or in a graph."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

State = Any
"""A named tuple of tensors, including `step` (scalar int64) and `image` (`(1, H, W, 3)` in [0, 1])."""


Scalar = Any
"""A number, or a scalar tensor."""


Evaluate = Callable[[tf.Tensor], tuple[Any, tf.Tensor]]
"""From an image to its loss terms (a named tuple of scalars, including `loss`), and the gradient of the loss."""


Move = Callable[[State, tf.Tensor], State]
"""From a state and a gradient to the next state."""


class Optimizer(NamedTuple):
    """An optimizer: pure functions of its state, eager or in a graph.

    Attributes:
        start: From the first image and the learning rate, if the method has one, to a state.
        step: Evaluates the loss once and moves on: from a state, the terms before, and `Evaluate` to the next state and
            the terms now.
        picture: From a state to the picture that counts as the result so far.
        restarted: From a state and a picture of any size to the state from which that picture goes on.
        move: What a step does with the gradient if it treats every pixel by itself; None if it does not.
    """

    start: Callable[[tf.Tensor, Scalar], State]
    step: Callable[[State, Any, Evaluate], tuple[State, Any]]
    picture: Callable[[State], tf.Tensor]
    restarted: Callable[[State, tf.Tensor], State]
    move: Move | None = None


def with_gradient(optimizer: Optimizer, change: Callable[[tf.Tensor], tf.Tensor]) -> Optimizer:
    """Return an optimizer that changes every gradient before it takes its step.

    Args:
        optimizer: The optimizer.
        change: From a gradient `(1, H, W, 3)` to another one; it treats every pixel by itself.
    """

    def step(state: State, terms: Any, evaluate: Evaluate) -> tuple[State, Any]:
        """Take a step along the changed gradient."""

        def changed(image: tf.Tensor) -> tuple[Any, tf.Tensor]:
            """Return the loss terms, and the changed gradient."""
            found, gradient = evaluate(image)
            return found, change(gradient)

        return optimizer.step(state, terms, changed)

    move = optimizer.move
    moved = None if move is None else lambda state, gradient: move(state, change(gradient))
    return optimizer._replace(step=step, move=moved)
