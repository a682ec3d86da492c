"""What is computed of one block of a picture; each function is traced once, for blocks of all sizes."""

import functools
from typing import NamedTuple

import keras
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.features import network_features
from nst_tf.guides import apply_guides
from nst_tf.layer_names import smallest_side
from nst_tf.losses import Features, channel_products, energy, total_variation_of_part
from nst_tf.objective import TermWeights, content_term, style_term
from nst_tf.optimizers.compiled import call_with_open_size, compile_for_all_sizes
from nst_tf.targets import Targets


class Crop(NamedTuple):
    """A block with its halo.

    Attributes:
        image: `(1, h, w, 3)` in [0, 1].
        inner: What the block owns of it: top, left, bottom and right, `(4,)`.
        guides: Content layer to what the features that the block owns are multiplied with; no layers for an opaque
            picture.
        style_guides: Style layer to the factors of its regions, of what the block owns; no layers if it is one region.
    """

    image: tf.Tensor
    inner: tf.Tensor
    guides: Features
    style_guides: Features


class Counts(NamedTuple):
    """What sums over the whole picture are divided by.

    Attributes:
        positions: Layer to its number of positions.
        steps: Number of steps between neighboring pixels, down and right, `(2,)`.
    """

    positions: Features
    steps: tf.Tensor


class Statistics(NamedTuple):
    """What is summed over the blocks of a picture that is measured, and what is kept of each.

    Attributes:
        products: Style layer to `F^T F`, `(R, C, C)`.
        energies: Content layer to the sum of squares of its features.
        features: Content layer to the features that the block owns.
    """

    products: Features
    energies: Features
    features: Features


class Share(NamedTuple):
    """What a block adds to the terms that are sums over positions, scalars.

    Attributes:
        content: The content term.
        tv: The total variation.
    """

    content: tf.Tensor
    tv: tf.Tensor


class BlockFunctions:
    """The functions of one block, for one network and one configuration.

    Attributes:
        config: The settings.
        measure: From a crop to its `Statistics`.
        products: From a crop to `F^T F` of each style layer.
        share: From a crop, the targets of what its block owns, and the counts to its `Share`.
        style: From Gram matrices, targets and weights to the style term, and to the gradient of its share of the loss.
        gradient: From a crop, targets, counts, the style's gradient by `F^T F` and the weights to the block's `Share`,
            and the image's gradient.
    """

    def __init__(self, network: keras.Model, config: StyleConfig) -> None:
        """Prepare; each function is traced by its first call."""
        self.config, self._network = config, network
        self.measure = compile_for_all_sizes(self._measure)
        self.style = tf.function(self._style, autograph=False)
        self.share = compile_for_all_sizes(self._share)
        self._traced = [tf.function(each, autograph=False) for each in (self._products_of_crop, self._gradient)]
        self.products, self.gradient = (functools.partial(call_with_open_size, each) for each in self._traced)

    @property
    def traces(self) -> int:
        """How often the two functions of a step have been traced."""
        return sum(int(each.experimental_get_tracing_count()) for each in self._traced)

    def _measure(self, crop: Crop) -> Statistics:
        owned = self._owned(crop)
        content = apply_guides({name: owned[name] for name in self.config.content_layer_weights}, crop.guides)
        energies = {name: energy(features) for name, features in content.items()}
        return Statistics(self._products(owned, crop), energies, content)

    def _products_of_crop(self, crop: Crop) -> Features:
        return self._products(self._owned(crop), crop)

    def _share(self, crop: Crop, targets: Targets, counts: Counts) -> Share:
        return self._share_of(crop, self._owned(crop), targets, counts)

    def _style(self, grams: Features, targets: Targets, weights: TermWeights) -> tuple[tf.Tensor, Features]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(grams)
            style = tf.convert_to_tensor(style_term(grams, targets, self.config), tf.float32)
            loss = weights.style * style
        return style, tape.gradient(loss, grams)

    def _gradient(
        self, crop: Crop, targets: Targets, counts: Counts, by_products: Features, weights: TermWeights
    ) -> tuple[Share, tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(crop.image)
            owned = self._owned(crop)
            share = self._share_of(crop, owned, targets, counts)
            loss = weights.content * share.content + weights.tv * share.tv
            for name, product in self._products(owned, crop).items():
                loss += tf.reduce_sum(by_products[name] * product)
        return share, tape.gradient(loss, crop.image)

    def _share_of(self, crop: Crop, owned: Features, targets: Targets, counts: Counts) -> Share:
        content = content_term(apply_guides(owned, crop.guides), targets, self.config, counts.positions)
        tv = total_variation_of_part(crop.image, crop.inner, counts.steps)
        return Share(tf.convert_to_tensor(content, tf.float32), tv)

    def _products(self, owned: Features, crop: Crop) -> Features:
        guides, layers = crop.style_guides, self.config.style_layer_weights
        return {name: channel_products(owned[name], guides.get(name)) for name in layers}

    def _owned(self, crop: Crop) -> Features:
        """Return the features that a block owns."""
        owned = {}
        for name, features in network_features(self._network, crop.image, self.config).items():
            top, left, bottom, right = tf.unstack(crop.inner // smallest_side([name]))
            owned[name] = features[:, top:bottom, left:right]
        return owned
