"""Resize images without aliasing."""

from typing import Any

import tensorflow as tf

from nst_tf.images.picture import Picture


def resize(image: tf.Tensor, size: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """Resize with an antialiased bicubic filter, and clip its overshoot.

    Args:
        image: `(B, H, W, C)` in [0, 1].
        size: New height and width.

    Returns:
        `(B, height, width, C)` in [0, 1].
    """
    resized = tf.image.resize(image, size, method=tf.image.ResizeMethod.BICUBIC, antialias=True)
    return tf.clip_by_value(resized, 0.0, 1.0)


def enlarge(painting: tf.Tensor, content: tf.Tensor, content_weight: tf.Tensor | float) -> tf.Tensor:
    """Resize a painting to the content's size, and add the content's detail that only the larger size shows.

    An enlarged painting is blurred. The content's detail is a better guess at what is missing than none: both the loss
    after the enlargement and the final loss are lower.

    Args:
        painting: `(1, h, w, 3)` in [0, 1].
        content: `(1, H, W, 3)` in [0, 1].
        content_weight: Weight of the content term; no detail is added if it is 0.

    Returns:
        `(1, H, W, 3)` in [0, 1].
    """
    size = tf.shape(content)[1:3]
    detail = content - resize(resize(content, tf.shape(painting)[1:3]), size)
    counts = tf.cast(tf.cast(content_weight, detail.dtype) > 0, detail.dtype)
    return tf.clip_by_value(resize(painting, size) + counts * detail, 0.0, 1.0)


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    """Resize a picture: its image, its alpha channel and its regions."""
    parts: list[Any] = [None if part is None else resize(part, size).numpy() for part in picture]
    return Picture(*parts)
