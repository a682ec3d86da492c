"""The bytes of a file as numbers, in a graph: what lies past the end reads as zero and is never an error.

A position is a scalar int64; `to_octets` makes the vector that all others read from.
"""

import tensorflow as tf


def to_octets(encoded: tf.Tensor) -> tf.Tensor:
    """Spread a scalar string over a uint8 vector, `(n + 1,)`: its bytes, then the zero that stands for all others."""
    return tf.io.decode_raw(tf.strings.join([encoded, b"\0"]), tf.uint8)


def length(data: tf.Tensor) -> tf.Tensor:
    """Count the file's bytes, scalar int64."""
    return tf.size(data, tf.int64) - 1


def window(data: tf.Tensor, at: tf.Tensor | int, count: int) -> tf.Tensor:
    """Read `count` bytes from a position, or from each of several: int64, `at.shape + (count,)`."""
    positions = tf.cast(at, tf.int64)[..., None] + tf.range(count, dtype=tf.int64)
    return tf.cast(tf.gather(data, tf.clip_by_value(positions, 0, length(data))), tf.int64)


def number(data: tf.Tensor, at: tf.Tensor | int, count: int, *, little: tf.Tensor | bool) -> tf.Tensor:
    """Read an unsigned number of `count` bytes, int64, shaped like `at`.

    Args:
        data: What `to_octets` returned.
        at: The first byte's position, or several.
        count: At most 7.
        little: Whether the lowest byte comes first.
    """
    values = window(data, at, count)
    values = tf.where(little, values, tf.reverse(values, [-1]))
    return tf.reduce_sum(values * [256**place for place in range(count)], axis=-1)


def starts_with(data: tf.Tensor, at: tf.Tensor | int, text: bytes) -> tf.Tensor:
    """Tell whether these bytes lie at a position, scalar bool."""
    return tf.reduce_all(window(data, at, len(text)) == list(text))


def count(data: tf.Tensor, text: bytes) -> tf.Tensor:
    """Count where these bytes lie anywhere in at least as many, scalar int64."""
    places = tf.size(data) - len(text) + 1
    hits = [data[at : places + at] == byte for at, byte in enumerate(text)]
    return tf.math.count_nonzero(tf.reduce_all(tf.stack(hits), axis=0))


def find_all(data: tf.Tensor, start: tf.Tensor, end: tf.Tensor, text: bytes) -> tf.Tensor:
    """Find these bytes between two positions, within the file: the positions behind them, `(n,)`, int64."""
    places = tf.maximum(end - start - len(text) + 1, 0)
    is_here = tf.ones([places], tf.bool)
    for offset, byte in enumerate(text):
        is_here &= data[start + offset : start + offset + places] == byte
    return tf.where(is_here)[:, 0] + start + len(text)
