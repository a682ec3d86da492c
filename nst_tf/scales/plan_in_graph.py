"""Sizes of a run, computed in a graph: `scales.plan` with tensors, under the same names, equal to the pixel."""

from typing import NamedTuple

import tensorflow as tf

from nst_tf.config import DEFAULT_SCALES, DEFAULT_SIZE, FEWEST_STEPS, LARGE, StyleConfig
from nst_tf.layer_names import smallest_side
from nst_tf.settings import of_each_style

MOST_SCALES = 32


class Stages(NamedTuple):
    """The stages of a run, from coarse to fine.

    Attributes:
        sizes: Height and width of each stage, `(stages, 2)`.
        style_sizes: Height and width of the style at each stage, `(stages, 2)`.
        steps: Steps of each stage, `(stages,)`.
    """

    sizes: tf.Tensor
    style_sizes: tf.Tensor
    steps: tf.Tensor


def stages(content: tf.Tensor, style: tf.Tensor, *, size: tf.Tensor, steps: tf.Tensor, config: StyleConfig) -> Stages:
    """Plan a run as `nst_tf.scales.plan.stages` does.

    Args:
        content: Height and width of the content, int32 `(2,)`.
        style: Height and width of the style, int32 `(2,)`.
        size: Longer side of the painting; 0 for that of the configuration.
        steps: Steps at the final size.
        config: The other settings.
    """
    painted = painted_size(content, size, config)
    style_at = style_size(style, painted, config)
    if config.scales:
        count = tf.constant(config.scales)
    else:
        count = tf.clip_by_value(most_scales(painted, style_at, config), 1, default_scales(painted))
    largest = config.scales or MOST_SCALES
    shares = tf.constant([2 ** (-above / 2) for above in range(largest - 1, -1, -1)], tf.float64)[largest - count :]
    sizes = tf.concat([_scaled(painted, shares[:-1, None]), painted[None]], axis=0)
    coarse = tf.constant(config.coarse_steps) if config.coarse_steps else -(-steps // 2)
    style_sizes = tf.map_fn(lambda each: style_size(style, each, config), sizes)
    wanted = tf.concat([tf.repeat(coarse, count - 1), steps[None]], axis=0)
    return Stages(sizes, style_sizes, _with_large_steps(wanted, sizes, config))


def default_scales(painted: tf.Tensor) -> tf.Tensor:
    """Return the number of scales if none is given, an int32 scalar."""
    longer = tf.cast(tf.reduce_max(painted), tf.int64)
    return DEFAULT_SCALES + tf.reduce_sum(tf.cast(longer * longer >= _powers(LARGE)[1:], tf.int32))


def _with_large_steps(steps: tf.Tensor, sizes: tf.Tensor, config: StyleConfig) -> tf.Tensor:
    """Return the steps of each stage, fewer for large ones if there are several."""
    longer = tf.reduce_max(sizes, axis=1)
    fewer = tf.constant(config.large_steps) if config.large_steps else _fewer(steps, longer)
    return tf.where(tf.logical_and(longer > LARGE, tf.shape(sizes)[0] > 1), fewer, steps)


def _fewer(steps: tf.Tensor, longer: tf.Tensor) -> tf.Tensor:
    """Return the steps at a large size: ever fewer, as it has ever more pixels."""
    pixels = tf.cast(longer, tf.int64) ** 2
    fewer = (tf.cast(steps, tf.int64) * LARGE**2 + pixels // 2) // pixels
    return tf.minimum(steps, tf.maximum(FEWEST_STEPS, tf.cast(fewer, tf.int32)))


def _powers(side: int) -> tf.Tensor:
    """Return the squares of a side times all powers of the square root of 2, `(MOST_SCALES,)`."""
    return tf.constant([side**2 * 2**above for above in range(MOST_SCALES)], tf.int64)


def painted_size(content: tf.Tensor, size: tf.Tensor, config: StyleConfig) -> tf.Tensor:
    """Return height and width of the painting, int32 `(2,)`."""
    longer = tf.reduce_max(content)
    default = tf.constant(config.size) if config.size else tf.minimum(longer, DEFAULT_SIZE)
    wanted = tf.where(size > 0, size, default)
    return _scaled(content, tf.cast(wanted, tf.float64) / tf.cast(longer, tf.float64))


def style_size(style: tf.Tensor, painted: tf.Tensor, config: StyleConfig) -> tf.Tensor:
    """Return height and width of the only style for a painting of some size, int32 `(2,)`."""
    shape = painted if config.style_proportions == "content" else style
    (scale,) = of_each_style("style_scale", config.style_scale, 1)
    longer = scale * tf.cast(tf.reduce_max(painted), tf.float64)
    return _scaled(shape, longer / tf.cast(tf.reduce_max(shape), tf.float64))


def most_scales(painted: tf.Tensor, style: tf.Tensor, config: StyleConfig) -> tf.Tensor:
    """Return the largest number of scales at which no size is too small for the layers, an int32 scalar."""
    shorter = tf.cast(tf.reduce_min(tf.concat([painted, style], axis=0)), tf.int64)
    return tf.reduce_sum(tf.cast(shorter * shorter >= _powers(smallest_side(config.layers)), tf.int32))


def _scaled(size: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.maximum(tf.round(tf.cast(size, tf.float64) * scale), 1), tf.int32)
