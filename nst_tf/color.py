"""Whose colors a painting has, the style's or the photograph's: what is done before and after it is painted.

Pure tensor functions. The library names the setting `color`, and only its branch runs; in the graph of a served model
it is a string tensor, and all branches are in the graph.
"""

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from nst_tf.color_maps import Colors, map_moments, match_mean_and_deviation, sliced_transport

LUMINANCE, MATCH, HISTOGRAM = "luminance", "match", "histogram"
"""Values of the setting `color` other than `style`, with which nothing is done."""

_LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in YIQ's luminance Y."""

Choice = Any
"""A value of the setting `color`, or a scalar string tensor that holds one."""


def luminance(image: tf.Tensor) -> tf.Tensor:
    """Return the luminance of an image, `(1, H, W, 1)`: YIQ's Y of the values as they are stored in files.

    YIQ is a linear space of these values, the one that the paper names. Linear light would be another choice: but the
    network was trained on stored values, in which dark and light strokes of one width also look alike.

    Args:
        image: `(1, H, W, 3)` in [0, 1].
    """
    red, green, blue = tf.split(image, 3, axis=3)
    return _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue


def gray(image: tf.Tensor) -> tf.Tensor:
    """Return the luminance of an image as red, green and blue, `(1, H, W, 3)`, as the network wants three channels."""
    return tf.repeat(luminance(image), 3, axis=3)


def with_chroma(image: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    """Give the luminance of one image the chroma of another, YIQ's I and Q.

    As white has no chroma, that is the other image plus the difference in luminance, the same in each channel. Where
    this would leave [0, 1], the chroma is reduced as far as necessary: so luminance and hue are exact everywhere, and
    the chroma wherever it exists at this luminance. To clip instead would remove strokes in saturated colors.

    Args:
        image: `(1, H, W, 3)` in [0, 1].
        content: The image whose chroma it gets, of the same shape.

    Returns:
        `(1, H, W, 3)` in [0, 1].
    """
    level = luminance(image)
    chroma = content - luminance(content)
    room = tf.where(chroma > 0, 1 - level, level)
    share = tf.reduce_min(room / tf.maximum(tf.abs(chroma), 1e-12), axis=3, keepdims=True)
    return tf.clip_by_value(level + tf.minimum(share, 1.0) * chroma, 0.0, 1.0)


def as_painted(image: tf.Tensor, color: Choice) -> tf.Tensor:
    """Return a content or a start as it is painted: its luminance if that alone is painted, otherwise itself."""
    return _choose(color, {LUMINANCE: lambda: gray(image)}, image)


def gradient_as_painted(gradient: tf.Tensor, color: Choice) -> tf.Tensor:
    """Return a gradient, `(1, H, W, 3)`, by what is painted: if that is luminance alone, the mean of the channels."""
    mean = {LUMINANCE: lambda: tf.repeat(tf.reduce_mean(gradient, axis=3, keepdims=True), 3, axis=3)}
    return _choose(color, mean, gradient)


def recolored(style: Colors, content: Colors, color: Choice, color_map: str) -> tf.Tensor:
    """Return a style in the colors in which it is measured (Gatys et al. 2017, section 5).

    With `luminance` that is its luminance, with mean and deviation of the content's; with `match` it has mean and
    covariance of the content's colors; with `histogram` their distribution. What leaves [0, 1] is clipped.

    Args:
        style: The style.
        content: The photograph in its own colors.
        color: The setting.
        color_map: How `match` maps colors, as `map_moments` takes it.

    Returns:
        `(1, h, w, 3)` in [0, 1].
    """

    def in_luminance() -> tf.Tensor:
        """Match the luminance."""
        channels = (Colors(luminance(image), alpha) for image, alpha in (style, content))
        return tf.repeat(match_mean_and_deviation(*channels), 3, axis=3)

    maps: dict[str, Callable[[], tf.Tensor]] = {
        LUMINANCE: in_luminance,
        MATCH: lambda: map_moments(style, content, color_map),
        HISTOGRAM: lambda: sliced_transport(style, content),
    }
    clipped = {name: lambda mapped=mapped: tf.clip_by_value(mapped(), 0.0, 1.0) for name, mapped in maps.items()}
    return _choose(color, clipped, style.image)


def finished(image: tf.Tensor, content: Callable[[], tf.Tensor], color: Choice) -> tf.Tensor:
    """Return an image as it is shown: with the photograph's chroma if only luminance was painted, otherwise itself.

    Args:
        image: The image being painted, or the result.
        content: Returns the photograph in its own colors and the image's size; called only if it is needed.
        color: The setting.
    """
    return _choose(color, {LUMINANCE: lambda: with_chroma(image, content())}, image)


def _choose(color: Choice, branches: Mapping[str, Callable[[], tf.Tensor]], unchanged: tf.Tensor) -> tf.Tensor:
    """Call the branch of a color; return what is unchanged if the color has none."""
    if isinstance(color, str):
        return branches[color]() if color in branches else unchanged
    found = tf.equal(color, [*branches])
    number = tf.where(tf.reduce_any(found), tf.argmax(found, output_type=tf.int32), len(branches))
    return tf.switch_case(number, [*branches.values(), lambda: tf.identity(unchanged)])
