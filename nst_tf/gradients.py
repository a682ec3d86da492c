"""Value of a loss and its gradient with respect to an image; the only module with a `tf.GradientTape`."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Loss = Callable[..., Any]
"""From an image and further arguments to a named tuple of scalars, of which `loss` is minimized."""

ValueAndGradient = Callable[..., tuple[Any, tf.Tensor]]
"""From the same arguments to the loss's result, and the gradient of `loss` with respect to the image."""


def value_and_gradient(loss: Loss) -> ValueAndGradient:
    """Return a function that evaluates a loss and its gradient with respect to the image, its first argument."""

    def evaluate(image: tf.Tensor, *arguments: Any) -> tuple[Any, tf.Tensor]:
        """Return the loss terms and the gradient of the loss."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(image)
            terms = loss(image, *arguments)
        return terms, tape.gradient(terms.loss, image)

    return evaluate
