"""Iterate over the chunks of PNG and WebP files, in a graph."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from nst_tf_serving.graph.codecs.byte_reader import length, number, starts_with, window

MOST_CHUNKS = 4096
"""Most chunks of a file that are examined; 20 MB in libpng's chunks are 2,600."""


class Chunks(NamedTuple):
    """The chunks of a file.

    Attributes:
        at: Positions, `(n + 1,)`, int64; the last is the file's length, where there is no chunk.
        whole: Whether these are all chunks, scalar bool.
    """

    at: tf.Tensor
    whole: tf.Tensor


def png_chunks(data: tf.Tensor) -> Chunks:
    """Find a PNG's chunks up to IEND: each a big-endian length, a tag, data and a checksum."""

    def go_on(at: tf.Tensor) -> tf.Tensor:
        """Return whether a chunk other than IEND is at a position."""
        return (at < length(data)) & ~starts_with(data, at + 4, b"IEND")

    return _walk(data, 8, go_on, lambda at: at + 12 + number(data, at, 4, little=False))


def webp_chunks(data: tf.Tensor) -> Chunks:
    """Find a WebP's chunks: each a tag, a little-endian length and data padded to an even number of bytes."""

    def skip(at: tf.Tensor) -> tf.Tensor:
        """Return the position of the next chunk."""
        size = number(data, at + 4, 4, little=True)
        return at + 8 + size + size % 2

    return _walk(data, 12, lambda at: at < length(data), skip)


def having(data: tf.Tensor, chunks: Chunks, text: bytes, *, offset: int) -> tf.Tensor:
    """Return which chunks have these bytes at an offset, `(n + 1,)`, bool."""
    return tf.reduce_all(window(data, chunks.at + offset, len(text)) == list(text), axis=1)


def first(chunks: Chunks, mask: tf.Tensor) -> tf.Tensor:
    """Return the position of the first chunk in a mask; the file's length if there is none."""
    return tf.where(tf.reduce_any(mask), chunks.at[tf.argmax(mask)], chunks.at[-1])


def _walk(
    data: tf.Tensor, start: int, go_on: Callable[[tf.Tensor], tf.Tensor], skip: Callable[[tf.Tensor], tf.Tensor]
) -> Chunks:
    found = tf.TensorArray(tf.int64, size=0, dynamic_size=True, element_shape=[])
    at, found = tf.while_loop(
        lambda at, _: go_on(at),
        lambda at, found: (skip(at), found.write(found.size(), at)),
        (tf.constant(start, tf.int64), found),
        maximum_iterations=MOST_CHUNKS,
        parallel_iterations=1,
    )
    return Chunks(tf.concat([found.stack(), length(data)[None]], axis=0), ~go_on(at))
