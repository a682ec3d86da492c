"""Decode uncompressed BMP files of 8, 24 or 32 bits in a graph.

TensorFlow's own decoder ignores palettes and does not check the size in the header; reading the rows takes less code
than guarding it. Rare kinds (1, 4 and 16 bits, the headers of OS/2) are refused.
"""

import tensorflow as tf

from nst_tf_serving.graph.checks import checked
from nst_tf_serving.graph.codecs.byte_reader import length, number, window

HEADERS = (40, 52, 56, 108, 124)
"""Lengths of Windows' headers, which begin with the same fields."""

DEPTHS = (8, 24, 32)
"""Supported bits per pixel."""


def bmp_size(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Read width and height, int64, in either order of rows; zeros if the header is not supported."""
    is_known = tf.cast(tf.reduce_any(number(data, 14, 4, little=True) == HEADERS), tf.int64)
    width, height = tf.unstack(is_known * number(data, [18, 22], 4, little=True))
    return width, tf.where(_is_top_down(data), 2**32 - height, height)


def decode_bmp(data: tf.Tensor) -> tf.Tensor:
    """Decode to `(H, W, 4)`, uint8, with an opaque alpha channel."""
    width, height = bmp_size(data)
    bits, compression = number(data, 28, 2, little=True), number(data, 30, 4, little=True)
    sentence = f"The BMP must be uncompressed, with {', '.join(map(str, DEPTHS))} bits; send a PNG instead."
    bits = checked(bits, tf.reduce_any(bits == DEPTHS) & (compression == 0), sentence)
    rows = _rows(data, height, stride=(width * bits + 31) // 32 * 4)
    rows = tf.cond(_is_top_down(data), lambda: rows, lambda: tf.reverse(rows, [0]))
    color = tf.cond(bits > 8, lambda: _true_color(rows, width, bits), lambda: _palette_color(data, rows[:, :width]))
    return tf.pad(color, [[0, 0], [0, 0], [0, 1]], constant_values=tf.constant(255, tf.uint8))


def _rows(data: tf.Tensor, height: tf.Tensor, *, stride: tf.Tensor) -> tf.Tensor:
    """Return the rows as stored, `(H, stride)`."""
    start = number(data, 10, 4, little=True)
    is_whole = start + stride * height <= length(data)
    start = checked(start, is_whole, "The data of the BMP is truncated; send the whole file.")
    return tf.reshape(data[start : start + stride * height], [height, stride])


def _true_color(rows: tf.Tensor, width: tf.Tensor, bits: tf.Tensor) -> tf.Tensor:
    """Return the colors of 24 or 32 bits per pixel, `(H, W, 3)`."""
    pixels = tf.reshape(rows[:, : width * bits // 8], [tf.shape(rows, tf.int64)[0], width, bits // 8])
    return tf.gather(pixels, [2, 1, 0], axis=2)


def _palette_color(data: tf.Tensor, indices: tf.Tensor) -> tf.Tensor:
    """Return the colors of palette indices, `(H, W, 3)`; indices beyond the palette are black."""
    entries = tf.range(256, dtype=tf.int64)
    palette = window(data, 14 + number(data, 14, 4, little=True) + 4 * entries, 3)[:, ::-1]
    used = number(data, 46, 4, little=True)
    palette = tf.where(entries[:, None] < tf.where(used > 0, used, 256), palette, 0)
    return tf.gather(tf.cast(palette, tf.uint8), tf.cast(indices, tf.int32))


def _is_top_down(data: tf.Tensor) -> tf.Tensor:
    """Return whether the height is negative, scalar bool."""
    return number(data, 22, 4, little=True) >= 2**31
