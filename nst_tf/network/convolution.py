"""A convolution whose gradient goes to the input and never to the filters."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nst_tf.custom_gradients import custom_gradient
from nst_tf.network.cpu_features import uses_onednn

_RING = ((0, 0), (1, 1), (1, 1), (0, 0))
_FULL = ((0, 0), (2, 2), (2, 2), (0, 0))

Convolution = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""From an input, a kernel and a bias to features."""


class FrozenConvolution(keras.layers.Conv2D):  # type: ignore[misc]  # Keras carries no types
    """A 3x3 convolution with bias and ReLU whose gradient goes to the input and never to the filters.

    TensorFlow's own gradient of a convolution always builds the filters' gradient too, and leaves it to the
    optimizer to discard it. Here it is never built. For the gradient, only the sign of each feature is stored, one byte
    each; TensorFlow stores the features themselves.
    """

    def __init__(self, *, border: str = "zero", **config: Any) -> None:
        """Choose what lies beyond the border: `zero`, or with `replicate` the nearest value inside."""
        super().__init__(**config)
        self.border = border

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return `relu(inputs * kernel + bias)`, `(B, H, W, C)`, padded to the same size."""
        filters = tf.convert_to_tensor(self.kernel), tf.convert_to_tensor(self.bias)
        if self.border == "zero":
            return _convolve_same(inputs, *filters)
        return _convolve_valid(tf.pad(inputs, _RING, "SYMMETRIC"), *filters)


def _frozen_convolution(padding: str, transposed: str | tuple[tuple[int, int], ...]) -> Convolution:
    """Return the convolution with a padding, and with that of its gradient where it is a convolution itself."""

    @custom_gradient
    def convolve(
        x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor
    ) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, None, None]]]:
        y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, strides=1, padding=padding), bias))
        shape, active = tf.shape(x), y > 0

        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None, None]:
            """Return the gradient with respect to the input."""
            passed = tf.where(active, upstream, tf.zeros((), upstream.dtype))
            if tf.config.list_physical_devices("GPU") or uses_onednn():
                return tf.nn.conv2d_transpose(passed, kernel, shape, strides=1, padding=padding), None, None
            return tf.nn.conv2d(passed, _flipped_kernel(kernel), strides=1, padding=transposed), None, None

        return y, gradient

    return convolve


def _flipped_kernel(kernel: tf.Tensor) -> tf.Tensor:
    """Return the kernel with which the gradient of a convolution with stride 1 is a convolution itself.

    The result is the same, but Eigen's forward convolution is up to twice as fast as its backward one, and needs
    less memory.
    """
    return tf.reverse(tf.linalg.matrix_transpose(kernel), (0, 1))


_convolve_same = _frozen_convolution("SAME", "SAME")
_convolve_valid = _frozen_convolution("VALID", _FULL)
