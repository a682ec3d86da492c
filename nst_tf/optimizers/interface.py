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


class Optimizer(NamedTuple):
    """An optimizer: pure functions of its state, eager or in a graph.

    Attributes:
        start: From the first image and the learning rate, which L-BFGS ignores, to a state.
        step: Evaluates the loss once: from a state, the previous terms and `Evaluate` to the next state and its terms.
        picture: From a state to the result so far, an image.
        restarted: From a state and an image of any size to the state that continues from this image.
    """

    start: Callable[[tf.Tensor, Scalar], State]
    step: Callable[[State, Any, Evaluate], tuple[State, Any]]
    picture: Callable[[State], tf.Tensor]
    restarted: Callable[[State, tf.Tensor], State]
