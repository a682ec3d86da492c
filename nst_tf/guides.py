"""Weight features by the alpha channel.

The network still processes every pixel. Receptive fields that cross the border of the visible part see its mean color
beyond; their features count in proportion to the opacity of the position.
"""

from collections.abc import Iterable

import tensorflow as tf

from nst_tf.layer_names import smallest_side
from nst_tf.losses import Features


def opacity_guides(alpha: tf.Tensor, layers: Iterable[str]) -> Features:
    """Return the factors by which features are multiplied, so that each position counts by its opacity.

    The opacity of a position is the mean over the pixels pooled into it. The factor is the square root of
    that, relative to its mean: so a mean of products of two features becomes their weighted mean, and a sum of squares
    becomes what it would be if the whole picture were like its visible part.

    Args:
        alpha: Opacity, `(1, H, W, 1)`, in [0, 1].
        layers: Names of layers.

    Returns:
        Layer name to `(1, h, w, 1)`; zero for a layer at which nothing is visible.
    """
    return {layer: _factor(alpha, smallest_side([layer])) for layer in layers}


def _factor(alpha: tf.Tensor, pooled: int) -> tf.Tensor:
    opacity = tf.nn.avg_pool2d(alpha, pooled, pooled, "VALID")
    return tf.sqrt(opacity / tf.maximum(tf.reduce_mean(opacity), tf.constant(1e-12, alpha.dtype)))


def apply_guides(features: Features, factors: Features) -> Features:
    """Multiply features by the factors of `opacity_guides`; without factors, return them unchanged."""
    return {layer: features[layer] * factor for layer, factor in factors.items()} if factors else features
