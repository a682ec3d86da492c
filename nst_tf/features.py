"""What the network sees of an image, in the image's own type."""

from collections.abc import Callable

import keras
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.custom_gradients import custom_gradient
from nst_tf.losses import Features


def network_features(network: keras.Model, image: tf.Tensor, config: StyleConfig) -> Features:
    """Run the network in its own type, and return its features in the image's.

    In float16 the gradients of single features underflow, so they are scaled by the image's number of elements on their
    way back through the network.
    """
    if config.precision != "float16":
        return {name: tf.cast(features, image.dtype) for name, features in network(image).items()}
    elements = tf.cast(tf.size(image), image.dtype)
    features = network(_multiply_gradient(image, 1.0 / elements))
    return {name: _multiply_gradient(tf.cast(each, image.dtype), elements) for name, each in features.items()}


@custom_gradient
def _multiply_gradient(tensor: tf.Tensor, factor: tf.Tensor) -> tuple[tf.Tensor, Callable[..., tuple[tf.Tensor, None]]]:
    return tf.identity(tensor), lambda upstream: (upstream * factor, None)
