"""Read the bytes of a file as numbers, in a graph; bytes past the end are zero and never an error.

A position is a scalar int64; `to_octets` returns the vector from which all other functions read.
"""

import tensorflow as tf


def to_octets(encoded: tf.Tensor) -> tf.Tensor:
    """Convert a scalar string to a uint8 vector, `(n + 1,)`: its bytes, then a zero for all positions past the end."""
    return tf.io.decode_raw(tf.strings.join([encoded, b"\0"]), tf.uint8)


def length(data: tf.Tensor) -> tf.Tensor:
    """Return the file's length in bytes, scalar int64."""
    return tf.size(data, tf.int64) - 1


def window(data: tf.Tensor, at: tf.Tensor | int, count: int) -> tf.Tensor:
    """Read `count` bytes from a position, or from each of several: int64, `at.shape + (count,)`."""
    positions = tf.cast(at, tf.int64)[..., None] + tf.range(count, dtype=tf.int64)
    return tf.cast(tf.gather(data, tf.clip_by_value(positions, 0, length(data))), tf.int64)


def number(data: tf.Tensor, at: tf.Tensor | int, count: int, *, little: tf.Tensor | bool) -> tf.Tensor:
    """Read an unsigned number of `count` bytes, int64, shaped like `at`.

    Args:
        data: Result of `to_octets`.
        at: Position of the first byte, or several positions.
        count: At most 7.
        little: Whether it is little-endian.
    """
    values = window(data, at, count)
    values = tf.where(little, values, tf.reverse(values, [-1]))
    return tf.reduce_sum(values * [256**place for place in range(count)], axis=-1)


def starts_with(data: tf.Tensor, at: tf.Tensor | int, text: bytes) -> tf.Tensor:
    """Return whether these bytes are at a position, scalar bool."""
    return tf.reduce_all(window(data, at, len(text)) == list(text))


def count(data: tf.Tensor, text: bytes) -> tf.Tensor:
    """Count the occurrences of these bytes in data that is at least as long, scalar int64."""
    places = tf.size(data) - len(text) + 1
    hits = [data[at : places + at] == byte for at, byte in enumerate(text)]
    return tf.math.count_nonzero(tf.reduce_all(tf.stack(hits), axis=0))


def find_all(data: tf.Tensor, start: tf.Tensor, end: tf.Tensor, text: bytes) -> tf.Tensor:
    """Return the position after each occurrence of these bytes between two positions, `(n,)`, int64."""
    places = tf.maximum(end - start - len(text) + 1, 0)
    is_here = tf.ones([places], tf.bool)
    for offset, byte in enumerate(text):
        is_here &= data[start + offset : start + offset + places] == byte
    return tf.where(is_here)[:, 0] + start + len(text)
