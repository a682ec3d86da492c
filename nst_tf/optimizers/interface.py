"""What an optimizer is: pure functions on a state of its own, eager or in a graph."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

State = Any
"""A named tuple of tensors, with `step` (scalar int64) and `image` (`(1, H, W, 3)` in [0, 1]) among them."""


Scalar = Any
"""A number, or a scalar tensor."""


Evaluate = Callable[[tf.Tensor], tuple[Any, tf.Tensor]]
"""From an image to the terms of the loss there (a named tuple of scalars, `loss` among them), and to its gradient."""


Move = Callable[[State, tf.Tensor], State]
"""From a state and a gradient to the next state."""


class Optimizer(NamedTuple):
    """A method of descent: pure functions on a state of its own, eager or in a graph.

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
