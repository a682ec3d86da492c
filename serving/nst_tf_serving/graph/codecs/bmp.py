"""Uncompressed BMP, in a graph.

TensorFlow's own decoder knows neither palettes nor the old header and takes one size for the other; reading the
rows is less work than guarding it.
"""

import tensorflow as tf

from nst_tf_serving.graph.checks import checked
from nst_tf_serving.graph.codecs.byte_reader import length, number, window

HEADERS = (12, 40, 52, 56, 64, 108, 124)
"""Lengths of the headers that are known; the first is that of OS/2."""

DEPTHS = (1, 4, 8, 24, 32)
"""Bits per pixel that are read."""


def bmp_size(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Read width and height, int64, however the rows are ordered; zeros if the header is of no known kind."""
    known = tf.cast(tf.reduce_any(number(data, 14, 4, little=True) == HEADERS), tf.int64)
    short, long = number(data, [18, 20], 2, little=True), number(data, [18, 22], 4, little=True)
    width, height = tf.unstack(known * tf.where(_is_short(data), short, long))
    return width, tf.where(_is_top_down(data), 2**32 - height, height)


def decode_bmp(data: tf.Tensor) -> tf.Tensor:
    """Decode to `(H, W, 4)`, uint8, opacity last and always full."""
    width, height = bmp_size(data)
    bits = tf.where(_is_short(data), number(data, 24, 2, little=True), number(data, 28, 2, little=True))
    packing = tf.where(_is_short(data), tf.constant(0, tf.int64), number(data, 30, 4, little=True))
    sentence = f"The BMP must be uncompressed, with {', '.join(map(str, DEPTHS))} bits; send a PNG instead."
    bits = checked(bits, tf.reduce_any(bits == DEPTHS) & (packing == 0), sentence)
    rows = _rows(data, height, stride=(width * bits + 31) // 32 * 4)
    rows = tf.cond(_is_top_down(data), lambda: rows, lambda: tf.reverse(rows, [0]))
    color = tf.cond(bits > 8, lambda: _true_color(rows, width, bits), lambda: _palette_color(data, rows, width, bits))
    return tf.pad(color, [[0, 0], [0, 0], [0, 1]], constant_values=tf.constant(255, tf.uint8))


def _rows(data: tf.Tensor, height: tf.Tensor, *, stride: tf.Tensor) -> tf.Tensor:
    start = number(data, 10, 4, little=True)
    whole = start + stride * height <= length(data)
    start = checked(start, whole, "The data of the BMP is cut off; send the whole file.")
    return tf.reshape(data[start : start + stride * height], [height, stride])


def _true_color(rows: tf.Tensor, width: tf.Tensor, bits: tf.Tensor) -> tf.Tensor:
    pixels = tf.reshape(rows[:, : width * bits // 8], [tf.shape(rows, tf.int64)[0], width, bits // 8])
    return tf.gather(pixels, [2, 1, 0], axis=2)


def _palette_color(data: tf.Tensor, rows: tf.Tensor, width: tf.Tensor, bits: tf.Tensor) -> tf.Tensor:
    shifts = tf.cast(tf.range(8 - bits, -1, -bits), tf.uint8)
    mask = tf.cast(tf.bitwise.left_shift(tf.ones_like(bits), bits) - 1, tf.uint8)
    numbers = tf.bitwise.bitwise_and(tf.bitwise.right_shift(rows[:, :, None], shifts), mask)
    numbers = tf.reshape(numbers, [tf.shape(rows)[0], -1])[:, :width]
    entry = tf.where(_is_short(data), tf.constant(3, tf.int64), tf.constant(4, tf.int64))
    start = 14 + number(data, 14, 4, little=True)
    index = tf.range(256, dtype=tf.int64)
    palette = window(data, start + entry * index, 3)[:, ::-1]
    palette = tf.where(index[:, None] < _count_colors(data), palette, 0)
    return tf.gather(tf.cast(palette, tf.uint8), tf.cast(numbers, tf.int32))


def _count_colors(data: tf.Tensor) -> tf.Tensor:
    """Count the palette's colors, scalar int64; all that the bits can tell apart where the header says nothing."""
    said = tf.where(_is_short(data), tf.constant(0, tf.int64), number(data, 46, 4, little=True))
    return tf.where(said > 0, said, 256)


def _is_short(data: tf.Tensor) -> tf.Tensor:
    return number(data, 14, 4, little=True) == HEADERS[0]


def _is_top_down(data: tf.Tensor) -> tf.Tensor:
    """Tell whether the height is negative."""
    return (number(data, 22, 4, little=True) >= 2**31) & ~_is_short(data)
