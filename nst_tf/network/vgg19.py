"""The network: `keras.applications.VGG19` as a frozen feature extractor, from an image in [0, 1] to activations.

The layers are those of Keras' own network, with the pooling layers swapped. This module owns everything that is
specific to VGG-19's input (BGR, 0 to 255, ImageNet's mean subtracted). The filters come from `nst_tf.weights`.
"""

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from nst_tf.config import BORDERS, POOLINGS
from nst_tf.layer_names import LAYERS, canonical_layer, deepest
from nst_tf.network.convolution import FrozenConvolution
from nst_tf.weights.network_weights import PARTS, NetworkWeights
from nst_tf.weights.sources import load_weights

MEAN_COLOR = (123.68 / 255, 116.779 / 255, 103.939 / 255)
"""ImageNet's mean color, which is subtracted from the input: RGB in [0, 1]."""

HALF_TYPES = ("bfloat16", "float16")
"""Types that are too coarse for the network's input."""


def feature_model(
    layers: Iterable[str] = LAYERS,
    *,
    weights: str | Path | NetworkWeights = "auto",
    pooling: str = "average",
    border: str = "zero",
    dtype: str = "float32",
) -> keras.Model:
    """Build VGG-19 up to the deepest of the given layers, with one output for each.

    As in the paper, average pooling replaces max pooling by default. There are no fully connected layers, and the
    filters can't be trained: gradients reach the image only.

    Args:
        layers: Layer names of Keras (`block4_conv2`) or of the paper (`conv4_2`).
        weights: An argument or result of `nst_tf.load_weights`.
        pooling: `average` or `max`.
        border: What convolutions see beyond the picture's border: `zero`, as VGG-19 was trained, or with `replicate`
            the nearest values inside.
        dtype: Type of the filters and the features. The image has it, too, except for half precision, which is too
            coarse for 0 to 255 minus the mean: there it is float32.

    Returns:
        A model from images, RGB in [0, 1], `(B, H, W, 3)`, to a dict from Keras' layer names to activations after
        the ReLU, `(B, h, w, C)`.

    Raises:
        ValueError: If a layer is unknown, or the weights end before it.
        MissingWeightsError: If the weights are not available.
    """
    _check_keras(pooling, border)
    wanted = list(dict.fromkeys(canonical_layer(layer) for layer in layers))
    if not wanted:
        raise ValueError(f"At least one layer is needed, such as {LAYERS[0]}; got none.")
    weights = weights if isinstance(weights, NetworkWeights) else load_weights(weights)
    weights.require(deepest(wanted))
    image = keras.Input((None, None, 3), name="image", dtype="float32" if dtype in HALF_TYPES else dtype)
    x = keras.ops.cast(keras.applications.vgg19.preprocess_input(image * 255.0), dtype)
    features = {}
    for kind, config in _keras_layers():
        layer = _frozen(kind, {**config, "dtype": dtype}, pooling, border)
        x = layer(x)
        if layer.name in LAYERS:
            layer.set_weights([weights.arrays[f"{layer.name}/{part}"] for part in PARTS])
        if layer.name in wanted:
            features[layer.name] = x
        if len(features) == len(wanted):
            break
    return keras.Model(image, features, name="vgg19_features", trainable=False)


@functools.cache
def _keras_layers() -> tuple[tuple[type[keras.layers.Layer], dict[str, Any]], ...]:
    """Return the class and the configuration of each layer of Keras' own VGG-19, after its input.

    Keras builds it in a TensorFlow graph that never runs. There a variable is only a name; elsewhere, Keras would
    fill 80 MB with random filters.
    """
    with tf.Graph().as_default():
        layers = keras.applications.VGG19(include_top=False, weights=None).layers[1:]
        return tuple((type(layer), layer.get_config()) for layer in layers)


def _frozen(kind: type[keras.layers.Layer], config: dict[str, Any], pooling: str, border: str) -> keras.layers.Layer:
    """Return a layer of Keras' network with its pooling swapped, or its convolution frozen."""
    if kind is keras.layers.MaxPooling2D:
        swapped = {"average": keras.layers.AveragePooling2D, "max": keras.layers.MaxPooling2D}[pooling]
        return swapped.from_config(config)
    return FrozenConvolution.from_config(
        {**config, "kernel_initializer": "zeros", "trainable": False, "border": border}
    )


def _check_keras(pooling: str, border: str) -> None:
    if border not in BORDERS:
        raise ValueError(f"border must be one of {', '.join(BORDERS)}; got {border!r}.")
    if pooling not in POOLINGS:
        raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}; got {pooling!r}.")
    if keras.config.backend() != "tensorflow":
        raise RuntimeError(f"Keras must run on TensorFlow, not {keras.config.backend()}; set KERAS_BACKEND=tensorflow.")
    if keras.config.image_data_format() != "channels_last":
        raise RuntimeError("Keras must be set to channels_last; see image_data_format in keras.json.")
