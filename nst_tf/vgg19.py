"""The network: Keras' VGG-19 as a frozen extractor of features, from an image in [0, 1] to a dict of activations.

This module owns everything that is peculiar to VGG-19's input (BGR, 0 to 255, ImageNet's mean subtracted); none of
it leaks out. The layers' names and shapes are in `layers`, the filters come from `weights`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import keras
import tensorflow as tf

from nst_tf.config import POOLINGS
from nst_tf.layers import LAYERS, canonical_layer, deepest
from nst_tf.processor import uses_onednn
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf.weights.sources import load_weights

MEAN_COLOR = (123.68 / 255, 116.779 / 255, 103.939 / 255)
"""What the network's input is relative to: the mean of ImageNet's pictures, RGB in [0, 1]."""

HALF_TYPES = ("bfloat16", "float16")


def feature_model(
    layers: Iterable[str] = LAYERS,
    *,
    weights: str | Path | NetworkWeights = "auto",
    pooling: str = "average",
    dtype: str = "float32",
) -> keras.Model:
    """Build VGG-19 up to the deepest of some layers, with an output for each of them.

    The paper replaces max pooling by average pooling; so does this, unless told otherwise. There are no fully
    connected layers, and the filters can't be trained: gradients reach the image only.

    Args:
        layers: Names as Keras (`block4_conv2`) or the paper (`conv4_2`) spells them.
        weights: What `nst_tf.load_weights` accepts, or returned.
        pooling: `average` or `max`.
        dtype: Type of the filters and the features. The image comes in it as well, but in float32 for half types,
            which are too coarse for 0 to 255 minus the mean.

    Returns:
        A model from images, RGB in [0, 1], `(B, H, W, 3)`, to a dict from Keras' layer names to activations after
        the ReLU, `(B, h, w, C)`.

    Raises:
        ValueError: If a layer is unknown, or the weights end before it.
        MissingWeightsError: If the weights are not to be had.
    """
    _check_keras(pooling)
    wanted = list(dict.fromkeys(canonical_layer(layer) for layer in layers))
    if not wanted:
        raise ValueError(f"At least one layer is needed, such as {LAYERS[0]}; got none.")
    weights = weights if isinstance(weights, NetworkWeights) else load_weights(weights)
    weights.require(deepest(wanted))
    image = keras.Input((None, None, 3), name="image", dtype="float32" if dtype in HALF_TYPES else dtype)
    x = keras.ops.cast(keras.applications.vgg19.preprocess_input(image * 255.0), dtype)
    features = {}
    for template in keras.applications.VGG19(include_top=False, weights=None).layers[1:]:
        layer = _frozen(template, pooling, dtype)
        x = layer(x)
        if layer.name in LAYERS:
            layer.set_weights([weights.arrays[f"{layer.name}/{part}"] for part in ("kernel", "bias")])
        if layer.name in wanted:
            features[layer.name] = x
        if len(features) == len(wanted):
            break
    return keras.Model(image, features, name="vgg19_features", trainable=False)


class FrozenConvolution(keras.layers.Conv2D):  # type: ignore[misc]  # Keras carries no types
    """A 3x3 convolution with bias and ReLU whose gradient goes to the input and never to the filters.

    TensorFlow's own gradient of a convolution always builds the filters' gradient too, and leaves it to the
    optimizer to throw it away. Here it never exists. Of the features, nothing is kept for the gradient but which of
    them are above zero, a byte each; TensorFlow's own keeps all of them.
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
        passed = tf.where(active, upstream, tf.zeros((), upstream.dtype))
        if tf.config.list_physical_devices("GPU") or uses_onednn():
            return tf.nn.conv2d_transpose(passed, kernel, shape, strides=1, padding="SAME"), None, None
        return tf.nn.conv2d(passed, _turned(kernel), strides=1, padding="SAME"), None, None

    return y, gradient


def _turned(kernel: tf.Tensor) -> tf.Tensor:
    """Return the kernel by which the gradient of a convolution with stride 1 is a convolution itself.

    The same numbers, but Eigen convolves forward up to twice as fast as it does backward, and in less memory.
    """
    return tf.reverse(tf.linalg.matrix_transpose(kernel), (0, 1))


def _frozen(template: keras.layers.Layer, pooling: str, dtype: str) -> keras.layers.Layer:
    config = {**template.get_config(), "dtype": dtype}
    if isinstance(template, keras.layers.MaxPooling2D):
        kind = {"average": keras.layers.AveragePooling2D, "max": keras.layers.MaxPooling2D}[pooling]
        return kind.from_config(config)
    return FrozenConvolution.from_config({**config, "trainable": False})


def _check_keras(pooling: str) -> None:
    if pooling not in POOLINGS:
        raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}; got {pooling!r}.")
    if keras.config.backend() != "tensorflow":
        raise RuntimeError(f"Keras must run on TensorFlow, not {keras.config.backend()}; set KERAS_BACKEND=tensorflow.")
    if keras.config.image_data_format() != "channels_last":
        raise RuntimeError("Keras must be set to channels_last; see image_data_format in keras.json.")
