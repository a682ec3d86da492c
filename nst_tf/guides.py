"""Weight features by the opacity of a picture.

The network still looks at every pixel. Where its windows reach over the border of what is visible they see the mean
color of the visible; what it answers there counts as much as the position is visible.
"""

from collections.abc import Iterable

import tensorflow as tf

from nst_tf.layer_names import smallest_side
from nst_tf.losses import Features


def opacity_guides(alpha: tf.Tensor, layers: Iterable[str]) -> Features:
    """Return what features are multiplied with so that each position counts by its opacity.

    A position of a layer is as opaque as the pixels that were pooled into it, on average. The factor is the square root
    of that, relative to its mean: a mean of products of two features then becomes their weighted mean, and a sum of
    squares what it would be if all of the picture were like the visible part.

    Args:
        alpha: Opacity, `(1, H, W, 1)`, in [0, 1].
        layers: Names of layers.

    Returns:
        Layer name to `(1, h, w, 1)`; zero for a layer to which nothing is visible.
    """
    return {layer: _factor(alpha, smallest_side([layer])) for layer in layers}


def _factor(alpha: tf.Tensor, pooled: int) -> tf.Tensor:
    opacity = tf.nn.avg_pool2d(alpha, pooled, pooled, "VALID")
    return tf.sqrt(opacity / tf.maximum(tf.reduce_mean(opacity), tf.constant(1e-12, alpha.dtype)))


def apply_guides(features: Features, factors: Features) -> Features:
    """Multiply features by the factors of `opacity_guides`; without any, they stay what they are."""
    return {layer: features[layer] * factor for layer, factor in factors.items()} if factors else features
