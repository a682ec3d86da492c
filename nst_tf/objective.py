"""The objective: the loss terms of an image, given targets that are measured once per size."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.features import network_features
from nst_tf.guides import apply_guides, opacity_guides, present_regions, region_guides, region_shares
from nst_tf.losses import (
    Features,
    content_loss,
    gram_matrix,
    mean_content_loss,
    relative_content_loss,
    relative_style_loss_of_grams,
    style_loss_of_grams,
    total_variation_loss,
)
from nst_tf.targets import ContentTargets, StyleTargets, Targets, by_region, energy_per_element


class TermWeights(NamedTuple):
    """Weights of the loss terms, scalars: the paper's alpha and beta, and that of the total variation."""

    content: tf.Tensor
    style: tf.Tensor
    tv: tf.Tensor


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
    network: keras.Model,
    image: tf.Tensor,
    alpha: tf.Tensor | None = None,
    regions: tf.Tensor | None = None,
    *,
    config: StyleConfig,
) -> ContentTargets:
    """Measure the content's features, and the energies that relative terms need.

    Args:
        network: What `nst_tf.feature_model` returns, with all layers of the configuration.
        image: `(1, H, W, 3)` in [0, 1].
        alpha: Opacity, `(1, H, W, 1)` in [0, 1]; None if the content is opaque.
        regions: How much each pixel belongs to each region, `(1, H, W, R)` in [0, 1]; None if all of it is one.
        config: Decides the layers, and how regions propagate to them.
    """
    features = network_features(network, image, config)
    guides = content_guides(alpha, config)
    targets = apply_guides({name: features[name] for name in config.content_layer_weights}, guides)
    by_style = style_guides(alpha, regions, config)
    grams = style_grams(features, by_style, config)
    return ContentTargets(
        features=targets,
        guides=guides,
        style_guides=by_style,
        energy={name: energy_per_element(target) for name, target in targets.items()},
        gram_energy={name: by_region(energy_per_element, gram) for name, gram in grams.items()},
        region_weights=region_weights(alpha, regions, by_style, config),
    )


def measure_style(
    network: keras.Model,
    image: tf.Tensor,
    alpha: tf.Tensor | None = None,
    regions: tf.Tensor | None = None,
    *,
    config: StyleConfig,
) -> StyleTargets:
    """Measure the style's Gram matrices, and the energies that relative terms need.

    Args:
        network: What `nst_tf.feature_model` returns, with all layers of the configuration.
        image: `(1, h, w, 3)` in [0, 1].
        alpha: Opacity, `(1, h, w, 1)` in [0, 1]; None if the style is opaque.
        regions: How much each pixel belongs to each region, `(1, h, w, R)` in [0, 1]; None if all of it is one.
        config: Decides the layers, and how regions propagate to them.
    """
    features = network_features(network, image, config)
    guides = style_guides(alpha, regions, config)
    grams = style_grams(features, guides, config)
    visible = apply_guides(
        {name: features[name] for name in config.content_layer_weights}, content_guides(alpha, config)
    )
    return StyleTargets(
        grams=grams,
        energy={name: by_region(energy_per_element, gram) for name, gram in grams.items()},
        feature_energy={name: energy_per_element(each) for name, each in visible.items()},
        present=region_presence(regions, guides, config),
    )


def content_guides(alpha: tf.Tensor | None, config: StyleConfig) -> Features:
    """Return the factors of the content layers' features; no layers if a picture is opaque."""
    return {} if alpha is None else opacity_guides(alpha, config.content_layer_weights)


def style_guides(alpha: tf.Tensor | None, regions: tf.Tensor | None, config: StyleConfig) -> Features:
    """Return the factors of the style layers' features, `(1, h, w, R)`; no layers if a picture is opaque and whole."""
    if regions is None:
        return {} if alpha is None else opacity_guides(alpha, config.style_layer_weights)
    visible = regions if alpha is None else regions * alpha
    return region_guides(visible, config.style_layer_weights, config.guide_propagation)


def region_presence(regions: tf.Tensor | None, guides: Features, config: StyleConfig) -> Features:
    """Return, by style layer, 1 for each region that has positions there, else 0, `(R,)`."""
    layers = config.style_layer_weights
    return dict.fromkeys(layers, tf.ones(1)) if regions is None else {n: present_regions(guides[n]) for n in layers}


def region_weights(
    alpha: tf.Tensor | None, regions: tf.Tensor | None, guides: Features, config: StyleConfig
) -> Features:
    """Return, by style layer, each region's share of the visible picture, `(R,)`; 0 if it has no positions there."""
    present = region_presence(regions, guides, config)
    return present if regions is None else {n: each * region_shares(alpha, regions) for n, each in present.items()}


def style_grams(features: Features, guides: Features, config: StyleConfig) -> Features:
    """Return the Gram matrices of the style layers, `(R, C, C)`."""
    return {name: gram_matrix(features[name], guides.get(name)) for name in config.style_layer_weights}


def make_objective(network: keras.Model, *, config: StyleConfig) -> Objective:
    """Return the function to minimize, `alpha * content + beta * style` (Eq 7) plus total variation.

    With `paper` normalization the terms are the paper's equations; with `mean` also, except that Eq 1 is divided by the
    number of positions, as Eq 4 is. With `relative` each term is divided by its target's energy, so that the same
    weights mean the same at any size, for any network and for either pooling.
    """

    def objective(image: tf.Tensor, targets: Targets, weights: TermWeights) -> Terms:
        """Return the loss of an image and its terms."""
        image = image if targets.canvas is None else targets.canvas.show(image)
        features = network_features(network, image, config)
        content = content_term(apply_guides(features, targets.guides), targets, config)
        style = style_term(style_grams(features, targets.style_guides, config), targets, config)
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
    """Return the style term from the image's Gram matrices: the sum over regions, each with its weight."""
    layers = config.style_layer_weights
    count = next((gram.shape[0] or 1 for gram in grams.values()), 0)
    return tf.add_n([_region_term(grams, targets, r, config) for r in range(count)]) if layers else 0.0


def _region_term(grams: Features, targets: Targets, region: int, config: StyleConfig) -> tf.Tensor:
    found, wanted = ({name: gram[region : region + 1] for name, gram in of.items()} for of in (grams, targets.grams))
    shares = {name: tf.cast(targets.region_weights[name][region], gram.dtype) for name, gram in grams.items()}
    layers = {name: weight * shares[name] for name, weight in config.style_layer_weights.items()}
    if config.normalization == "relative":
        energies = {name: each[region] for name, each in targets.style_energy.items()}
        return relative_style_loss_of_grams(found, wanted, energies, layer_weights=layers)
    return style_loss_of_grams(found, wanted, layer_weights=layers)


def weighted(weights: TermWeights, content: tf.Tensor, style: tf.Tensor, tv: tf.Tensor) -> Terms:
    """Return the terms and the loss, their weighted sum."""
    weights = TermWeights(*(tf.cast(weight, tv.dtype) for weight in weights))
    loss = weights.content * content + weights.style * style + weights.tv * tv
    return Terms(loss=loss, content=content, style=style, tv=tv)
