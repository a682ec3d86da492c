"""Resizing images without aliasing."""

import tensorflow as tf


def resize(image: tf.Tensor, size: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """Resize with an antialiased cubic filter, and clip what it overshoots.

    Args:
        image: `(B, H, W, C)` in [0, 1].
        size: Height and width wanted.

    Returns:
        `(B, height, width, C)` in [0, 1].
    """
    resized = tf.image.resize(image, size, method=tf.image.ResizeMethod.BICUBIC, antialias=True)
    return tf.clip_by_value(resized, 0.0, 1.0)
