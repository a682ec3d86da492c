"""The objective: the loss terms of an image, given targets that are measured once per size."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.features import network_features
from nst_tf.guides import apply_guides, opacity_guides
from nst_tf.losses import (
    Features,
    content_loss,
    energy,
    gram_matrix,
    mean_content_loss,
    relative_content_loss,
    relative_style_loss_of_grams,
    style_loss_of_grams,
    total_variation_loss,
)

ENERGY_FLOOR = 0.01
"""Least divisor of a relative term, as a share of the other picture's energy."""


class TermWeights(NamedTuple):
    """Weights of the loss terms, scalars: the paper's alpha and beta, and that of the total variation."""

    content: tf.Tensor
    style: tf.Tensor
    tv: tf.Tensor


class ContentTargets(NamedTuple):
    """The content, as measured by the network.

    Attributes:
        features: Content layer to the content's features P, `(1, H, W, C)`.
        guides: Layer to the factors of `opacity_guides`, `(1, H, W, 1)`, by which positions count; no layers if the
            content is opaque.
        energy: Content layer to the energy of P per element, a scalar.
        gram_energy: Style layer to the energy per element of the content's own Gram matrix, a scalar.
    """

    features: Features
    guides: Features
    energy: Features
    gram_energy: Features


class StyleTargets(NamedTuple):
    """The style, as measured by the network.

    Attributes:
        grams: Style layer to the style's Gram matrix A per position, `(1, C, C)`.
        energy: Style layer to the energy of A per element, a scalar.
        feature_energy: Content layer to the energy per element of the style's own features, a scalar.
    """

    grams: Features
    energy: Features
    feature_energy: Features


class Targets(NamedTuple):
    """What an image is compared with; constant at one size.

    Attributes:
        content: Content layer to the content's features P, `(1, H, W, C)`.
        grams: Style layer to the style's Gram matrix A per position, `(1, C, C)`.
        content_energy: Content layer to the divisor of its relative term, a scalar.
        style_energy: Style layer to the divisor of its relative term, a scalar.
        guides: Those of the content.
    """

    content: Features
    grams: Features
    content_energy: Features
    style_energy: Features
    guides: Features


class Terms(NamedTuple):
    """The loss of an image and its terms, scalars; the terms are not yet weighted."""

    loss: tf.Tensor
    content: tf.Tensor
    style: tf.Tensor
    tv: tf.Tensor


def term_weights(config: StyleConfig) -> TermWeights:
    """Return a configuration's term weights."""
    values = (config.content_weight, config.style_weight, config.tv_weight)
    return TermWeights(*(tf.constant(value, tf.float32) for value in values))


Objective = Callable[[tf.Tensor, Targets, TermWeights], Terms]
"""From an image, targets and term weights (tensors, so that one trace serves all) to the terms."""


def measure_content(
    network: keras.Model, image: tf.Tensor, alpha: tf.Tensor | None = None, *, config: StyleConfig
) -> ContentTargets:
    """Measure the content's features, and the energies that relative terms need.

    Args:
        network: What `nst_tf.feature_model` returns, with all layers of the configuration.
        image: `(1, H, W, 3)` in [0, 1].
        alpha: Opacity, `(1, H, W, 1)` in [0, 1]; None if the content is opaque.
        config: Decides the layers.
    """
    features, guides = _visible_features(network, image, alpha, config)
    targets = {name: features[name] for name in config.content_layer_weights}
    return ContentTargets(
        features=targets,
        guides=guides,
        energy={name: energy_per_element(target) for name, target in targets.items()},
        gram_energy={name: energy_per_element(gram_matrix(features[name])) for name in config.style_layer_weights},
    )


def measure_style(
    network: keras.Model, image: tf.Tensor, alpha: tf.Tensor | None = None, *, config: StyleConfig
) -> StyleTargets:
    """Measure the style's Gram matrices, and the energies that relative terms need.

    Args:
        network: What `nst_tf.feature_model` returns, with all layers of the configuration.
        image: `(1, h, w, 3)` in [0, 1].
        alpha: Opacity, `(1, h, w, 1)` in [0, 1]; None if the style is opaque.
        config: Decides the layers.
    """
    features, _ = _visible_features(network, image, alpha, config)
    grams = {name: gram_matrix(features[name]) for name in config.style_layer_weights}
    return StyleTargets(
        grams=grams,
        energy={name: energy_per_element(gram) for name, gram in grams.items()},
        feature_energy={name: energy_per_element(features[name]) for name in config.content_layer_weights},
    )


def join_targets(content: ContentTargets, style: StyleTargets) -> Targets:
    """Combine the measurements of a content and a style.

    A layer that hardly responds to one of the pictures would divide its relative term by almost zero and dominate the
    others. So the divisor is never less than a hundredth of the same layer's energy on the other picture.
    """
    return Targets(
        content=content.features,
        grams=style.grams,
        content_energy={
            name: energy_with_floor(target, content.energy[name], style.feature_energy[name])
            for name, target in content.features.items()
        },
        style_energy={
            name: energy_with_floor(gram, style.energy[name], content.gram_energy[name])
            for name, gram in style.grams.items()
        },
        guides=content.guides,
    )


def make_objective(network: keras.Model, *, config: StyleConfig) -> Objective:
    """Return the function to minimize, `alpha * content + beta * style` (Eq 7) plus total variation.

    With `paper` normalization the terms are the paper's equations; with `mean` also, except that Eq 1 is divided by the
    number of positions, as Eq 4 is. With `relative` each term is divided by its target's energy, so that the same
    weights mean the same at any size, for any network and for either pooling.
    """

    def objective(image: tf.Tensor, targets: Targets, weights: TermWeights) -> Terms:
        """Return the loss of an image and its terms."""
        features = apply_guides(network_features(network, image, config), targets.guides)
        content = content_term(features, targets, config)
        style = style_term({name: gram_matrix(features[name]) for name in config.style_layer_weights}, targets, config)
        return weighted(weights, content, style, total_variation_loss(image))

    return objective


def content_term(
    features: Features, targets: Targets, config: StyleConfig, positions: Features | None = None
) -> tf.Tensor:
    """Return the content term, which is a sum over positions.

    Args:
        features: Layer name to the image's features, or to a part of them.
        targets: Those of the same part.
        config: Decides layers and normalization.
        positions: Layer name to the number of positions of the whole; that of the features if None.
    """
    layers = config.content_layer_weights
    if config.normalization == "relative":
        return relative_content_loss(features, targets.content, targets.content_energy, layer_weights=layers)
    if config.normalization == "paper":
        return content_loss(features, targets.content, layer_weights=layers)
    return mean_content_loss(features, targets.content, layer_weights=layers, positions=positions)


def style_term(grams: Features, targets: Targets, config: StyleConfig) -> tf.Tensor:
    """Return the style term from the image's Gram matrices."""
    layers = config.style_layer_weights
    if config.normalization == "relative":
        return relative_style_loss_of_grams(grams, targets.grams, targets.style_energy, layer_weights=layers)
    return style_loss_of_grams(grams, targets.grams, layer_weights=layers)


def weighted(weights: TermWeights, content: tf.Tensor, style: tf.Tensor, tv: tf.Tensor) -> Terms:
    """Return the terms and the loss, their weighted sum."""
    weights = TermWeights(*(tf.cast(weight, tv.dtype) for weight in weights))
    loss = weights.content * content + weights.style * style + weights.tv * tv
    return Terms(loss=loss, content=content, style=style, tv=tv)


def _visible_features(
    network: keras.Model, image: tf.Tensor, alpha: tf.Tensor | None, config: StyleConfig
) -> tuple[Features, Features]:
    """Return a picture's features, multiplied by its opacity guides, and the guides."""
    guides = {} if alpha is None else opacity_guides(alpha, config.layers)
    return apply_guides(network_features(network, image, config), guides), guides


def energy_per_element(tensor: tf.Tensor) -> tf.Tensor:
    """Return the mean of squares, a scalar that is comparable between pictures of different sizes."""
    return energy(tensor) / tf.cast(tf.size(tensor), tensor.dtype)


def energy_with_floor(target: tf.Tensor, per_element: tf.Tensor, of_other: tf.Tensor) -> tf.Tensor:
    """Return a target's energy, but at least a share of the other picture's.

    Args:
        target: Features or a Gram matrix.
        per_element: Its energy per element.
        of_other: The other picture's energy per element.
    """
    floor = tf.maximum(ENERGY_FLOOR * of_other, tf.constant(1e-12, per_element.dtype))
    count = target.size if isinstance(target, np.ndarray) else tf.size(target)  # no copy of a large array
    return tf.maximum(per_element, floor) * tf.cast(count, per_element.dtype)
