"""Checks of a request's sizes, in a graph."""

import tensorflow as tf

from nst_tf.config import LARGEST_SIZE, StyleConfig
from nst_tf.layer_names import paper_name, smallest_side
from nst_tf.scales.plan_in_graph import most_scales, painted_size, style_size
from nst_tf_serving.graph.checks import Check
from nst_tf_serving.limits import Limits

NO_LIMIT = "Choose a smaller size, or paint with nst-tf stylize --size, which paints a picture of any size in blocks."
"""What to do about the limit on pixels."""


def size_checks(
    content: tf.Tensor, style: tf.Tensor, *, size: tf.Tensor, config: StyleConfig, limits: Limits
) -> list[Check]:
    """Return the checks that the sizes suffice for the layers and fit into memory."""
    painted = painted_size(content, tf.clip_by_value(size, 0, LARGEST_SIZE), config)
    style_at = style_size(style, painted, config)
    needed, layers = smallest_side(config.layers), ", ".join(paper_name(layer) for layer in config.layers)
    checks = [
        Check(
            tf.logical_and(size >= 0, size <= LARGEST_SIZE),
            ("size must be from 1 to ", str(LARGEST_SIZE), ", or 0 for the default; got ", size, "."),
        )
    ]
    for name, (height, width) in (("content", tf.unstack(painted)), ("style", tf.unstack(style_at))):
        sides = (width, "x", height, " px")
        small = (" are too small: ", layers, " need a shorter side of at least ", str(needed), " px.")
        large = (" are too many pixels; at most ", str(limits.pixels), f" are allowed. {NO_LIMIT}")
        pixels = tf.cast(height, tf.int64) * tf.cast(width, tf.int64)
        message = f"The {name} would be painted at " if name == "content" else "The style would be measured at "
        checks.append(Check(tf.minimum(height, width) >= needed, (message, *sides, ", which", *small)))
        checks.append(Check(pixels <= limits.pixels, (message, *sides, ", which", *large)))
    if config.scales:
        most = most_scales(painted, style_at, config)
        too_many = (str(config.scales), " scales would begin too small for the layers; choose a larger size.")
        checks.append(Check(most >= config.scales, too_many))
    return checks
