"""Value and gradient of a loss at a whole picture; the only module that records a tape."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Loss = Callable[..., Any]
"""From an image, and whatever else it needs, to a named tuple of scalars, the one to minimize called `loss`."""

ValueAndGradient = Callable[..., tuple[Any, tf.Tensor]]
"""From the same arguments to what the loss returns, and to the gradient of its `loss` by the image."""


def value_and_gradient(loss: Loss) -> ValueAndGradient:
    """Return a function that evaluates a loss together with its gradient by the image, its first argument."""

    def evaluate(image: tf.Tensor, *arguments: Any) -> tuple[Any, tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(image)
            terms = loss(image, *arguments)
        return terms, tape.gradient(terms.loss, image)

    return evaluate
