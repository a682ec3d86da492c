"""A convolution whose gradient goes to the input and never to the filters."""

from collections.abc import Callable

import keras
import tensorflow as tf

from nst_tf.network.cpu_features import uses_onednn


class FrozenConvolution(keras.layers.Conv2D):  # type: ignore[misc]  # Keras carries no types
    """A 3x3 convolution with bias and ReLU whose gradient goes to the input and never to the filters.

    TensorFlow's own gradient of a convolution always builds the filters' gradient too, and leaves it to the
    optimizer to discard it. Here it is never built. For the gradient, only the sign of each feature is stored, one byte
    each; TensorFlow stores the features themselves.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return `relu(inputs * kernel + bias)`, `(B, H, W, C)`, zero-padded to the same size."""
        return _frozen_convolution(inputs, tf.convert_to_tensor(self.kernel), tf.convert_to_tensor(self.bias))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _frozen_convolution(
    x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, None, None]]]:
    y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, strides=1, padding="SAME"), bias))
    shape, active = tf.shape(x), y > 0

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None, None]:
        """Return the gradient with respect to the input."""
        passed = tf.where(active, upstream, tf.zeros((), upstream.dtype))
        if tf.config.list_physical_devices("GPU") or uses_onednn():
            return tf.nn.conv2d_transpose(passed, kernel, shape, strides=1, padding="SAME"), None, None
        return tf.nn.conv2d(passed, _flipped_kernel(kernel), strides=1, padding="SAME"), None, None

    return y, gradient


def _flipped_kernel(kernel: tf.Tensor) -> tf.Tensor:
    """Return the kernel with which the gradient of a convolution with stride 1 is a convolution itself.

    The result is the same, but Eigen's forward convolution is up to twice as fast as its backward one, and needs
    less memory.
    """
    return tf.reverse(tf.linalg.matrix_transpose(kernel), (0, 1))
