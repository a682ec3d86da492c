"""The paper's normalized network: filters rescaled so that each has a mean activation of one.

ReLU and pooling commute with a positive factor, so a filter may be divided by any number if the filters of the next
layer are multiplied by it. The network then computes the same features as before, up to a factor per channel.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.guides import apply_guides, opacity_guides
from nst_tf.images.picture import Picture, as_picture
from nst_tf.layer_names import LAYERS, deepest, smallest_side
from nst_tf.network.vgg19 import feature_model
from nst_tf.weights import imagenet
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf.weights.sources import load_weights

SILENT = 0.01
"""Share of its layer's mean activation below which a filter counts as silent."""

Means = dict[str, npt.NDArray[np.float64]]
"""Layer name to each filter's mean activation, `(C,)`."""


def needs_normalization(weights: NetworkWeights) -> bool:
    """Return whether filters should be normalized for the paper's ratios of content and style.

    ImageNet's should, as their activations reach the hundreds. Those of the built-in and the random networks are of
    the order of one; normalizing the built-in filters would remove the color from the paintings, as it amplifies
    filters that rarely respond.
    """
    return weights.name in (imagenet.FULL, imagenet.EIGHT_BIT)


def asks_for_normalization(config: StyleConfig, weights: NetworkWeights) -> bool:
    """Return whether a configuration normalizes filters on the pictures of a run.

    A single term needs no ratio, and optimization with rescaled filters is ill-conditioned.
    """
    both_terms = bool(config.content_layer_weights and config.style_layer_weights)
    automatic = config.activations == "auto" and both_terms and needs_normalization(weights)
    return automatic or config.activations == "normalized"


def fixed_weights(config: StyleConfig) -> NetworkWeights:
    """Load the filters that a configuration names.

    Raises:
        ValueError: If the configuration normalizes them on the pictures of a run.
        MissingWeightsError: If ImageNet's weights were requested and are not available.
    """
    weights = load_weights(config.weights, seed=config.seed)
    if asks_for_normalization(config, weights):
        raise ValueError(
            "A Stylizer's filters are fixed, and these settings normalize them on the two pictures; "
            "pass weights=nst_tf.normalize_activations(...), or leave activations out."
        )
    return weights


def normalize_activations(
    network: keras.Model | NetworkWeights | str | Path,
    images: Iterable[npt.ArrayLike | Picture],
    *,
    pooling: str | None = None,
) -> NetworkWeights:
    """Scale each filter so that its mean activation over images and positions is one (Gatys et al. 2016, section 2).

    The filters of the next layer compensate for it, so that features change only by a factor per channel.
    Unlike in the paper, a filter that hardly ever responds to the images is divided by its layer's mean activation:
    divided by its own, it would dominate all others wherever it does respond.

    Args:
        network: Result of `nst_tf.feature_model`, or an argument or result of `nst_tf.load_weights`.
        images: Pictures to measure on, each `(H, W, 3)` or `(1, H, W, 3)`, RGB in [0, 1], or a `Picture`, whose
            opacity weights the positions.
        pooling: `average` or `max`; None for that of the model, or the default.

    Returns:
        The normalized filters, for `nst_tf.feature_model`.

    Raises:
        ValueError: If there is no picture, or one is malformed or too small for the last layer.
    """
    weights = _filters(network)
    means = mean_activations(weights, images, pooling=pooling or _pooling(network))
    return NetworkWeights(name=f"{weights.name} (normalized)", arrays=_rescaled(weights, means))


def mean_activations(weights: NetworkWeights, images: Iterable[npt.ArrayLike | Picture], *, pooling: str) -> Means:
    """Measure each filter's mean activation over images and positions.

    Args:
        weights: Filters of the layers to measure.
        images: As in `normalize_activations`.
        pooling: `average` or `max`.
    """
    model = feature_model(weights.layers, weights=weights, pooling=pooling)
    sums: Means = {layer: np.zeros(weights.arrays[f"{layer}/bias"].shape) for layer in weights.layers}
    positions = dict.fromkeys(weights.layers, 0)
    for number, picture in enumerate(images, 1):
        image, alpha, _ = _large_enough(f"image {number}", picture, weights)
        visible = {} if alpha is None else opacity_guides(tf.constant(alpha), weights.layers)
        for layer, features in apply_guides(
            apply_guides(model(image), visible), visible
        ).items():  # the factors are square roots
            sums[layer] += np.sum(features, axis=(0, 1, 2), dtype=np.float64)
            positions[layer] += features.shape[1] * features.shape[2]
    if not all(positions.values()):
        raise ValueError("Activations can only be normalized on one or more pictures; got none.")
    return {layer: total / positions[layer] for layer, total in sums.items()}


def _rescaled(weights: NetworkWeights, means: Means) -> Mapping[str, npt.NDArray[np.float32]]:
    """Divide each filter by its mean activation, and multiply the next layer's filters by it."""
    arrays, before = {}, np.ones(3)
    for layer in weights.layers:
        divisor = _divisors(means[layer])
        kernel, bias = (weights.arrays[f"{layer}/{part}"] for part in ("kernel", "bias"))
        arrays[f"{layer}/kernel"] = (kernel * before[:, None] / divisor).astype(np.float32)
        arrays[f"{layer}/bias"] = (bias / divisor).astype(np.float32)
        before = divisor
    return arrays


def _divisors(means: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return each filter's mean, `(C,)`; the layer's for silent ones; 1 if all of them are silent."""
    of_layer = float(np.mean(means)) or 1.0
    return np.where(means > SILENT * of_layer, means, of_layer)


def _large_enough(name: str, given: npt.ArrayLike | Picture, weights: NetworkWeights) -> Picture:
    """Check that a picture is well-formed and large enough for the last layer."""
    picture, last = as_picture(name, given), deepest(weights.layers)
    image = picture.image
    needed = smallest_side([last])
    if min(image.shape[1:3]) < needed:
        raise ValueError(f"{name} is {image.shape[2]}x{image.shape[1]} px; {last} needs at least {needed} px a side.")
    return picture


def _filters(network: keras.Model | NetworkWeights | str | Path) -> NetworkWeights:
    """Return a network's filters; load them if necessary."""
    if isinstance(network, NetworkWeights):
        return network
    if not isinstance(network, keras.Model):
        return load_weights(network)
    arrays = {
        f"{layer.name}/{part}": np.asarray(array, np.float32)
        for layer in network.layers
        if layer.name in LAYERS
        for part, array in zip(("kernel", "bias"), layer.get_weights(), strict=True)
    }
    return NetworkWeights(name=network.name, arrays=arrays)


def _pooling(network: keras.Model | NetworkWeights | str | Path) -> str:
    """Return a model's pooling, or the default."""
    layers = network.layers if isinstance(network, keras.Model) else ()
    return "max" if any(isinstance(layer, keras.layers.MaxPooling2D) for layer in layers) else StyleConfig.pooling
