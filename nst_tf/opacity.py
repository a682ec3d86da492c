"""Opacity: what nobody sees of a picture does not count.

The network still looks at every pixel. Where its windows reach over the border of what is visible they see the mean
color of the visible; what it answers there counts as much as the position is visible.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_tf.color import Picture, fill_transparent
from nst_tf.image import as_image
from nst_tf.layers import smallest_side
from nst_tf.losses import Features
from nst_tf.pyramid import resize


def as_picture(name: str, picture: npt.ArrayLike | Picture) -> Picture:
    """Return what somebody hands over as a picture whose hidden pixels have the mean color of the others.

    Args:
        name: What to call it if it is none.
        picture: `(H, W, 3)` or `(1, H, W, 3)`, floats in [0, 1], or such an image with its opacity.

    Returns:
        The image, and its opacity unless it is opaque everywhere.

    Raises:
        ValueError: If it is malformed, or wholly transparent.
    """
    if not isinstance(picture, Picture) or picture.alpha is None:
        return Picture(as_image(name, picture.image if isinstance(picture, Picture) else picture), None)
    image, alpha = as_image(name, picture.image), np.asarray(picture.alpha, np.float32)
    if alpha.shape != (*image.shape[:3], 1) or not (alpha.min() >= 0 and alpha.max() <= 1):
        wanted = (*image.shape[:3], 1)
        raise ValueError(f"The opacity of the {name} must have shape {wanted} and lie in [0, 1]; got {alpha.shape}.")
    if not alpha.any():
        raise ValueError(f"The {name} is wholly transparent; choose a picture that shows something.")
    if alpha.min() == 1:
        return Picture(image, None)
    image = image.copy()
    fill_transparent(image, alpha)
    return Picture(image, alpha)


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    """Resize an image and its opacity to a height and width."""
    image, alpha = picture
    return Picture(resize(image, size).numpy(), None if alpha is None else resize(alpha, size).numpy())


def visibility(alpha: tf.Tensor, layers: Iterable[str]) -> Features:
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


def shown(features: Features, factors: Features) -> Features:
    """Multiply features by the factors of `visibility`; without any, they stay what they are."""
    return {layer: features[layer] * factor for layer, factor in factors.items()} if factors else features
