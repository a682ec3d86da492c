"""Read format, width and height of an encoded picture in a graph, without decoding it."""

from typing import NamedTuple

import tensorflow as tf

from nst_tf_serving.graph.codecs.bmp import bmp_size
from nst_tf_serving.graph.codecs.byte_reader import number, starts_with, window
from nst_tf_serving.graph.codecs.gif import gif_size
from nst_tf_serving.graph.codecs.jpeg import jpeg_size

FORMATS = ("PNG", "JPEG", "WebP", "GIF", "BMP")
"""Supported formats; a format's number is its index, and `len(FORMATS)` stands for unknown."""

_SIGNATURES = {
    "PNG": ((0, b"\x89PNG\r\n\x1a\n"), (12, b"IHDR")),
    "JPEG": ((0, b"\xff\xd8"),),
    "WebP": ((0, b"RIFF"), (8, b"WEBP")),
    "GIF": ((0, b"GIF8"),),
    "BMP": ((0, b"BM"),),
}


class Header(NamedTuple):
    """Format and size according to the first bytes.

    Attributes:
        kind: Number of the format, scalar int32.
        width: Pixels, scalar int64; zero if unknown.
        height: Pixels, scalar int64; zero if unknown.
    """

    kind: tf.Tensor
    width: tf.Tensor
    height: tf.Tensor


def read_header(data: tf.Tensor) -> Header:
    """Read format and size from a file's bytes.

    Args:
        data: Result of `to_octets`, `(n + 1,)`, uint8.
    """
    none = tf.constant(0, tf.int64)
    sizes = (png_size, jpeg_size, webp_size, gif_size, bmp_size)
    kind = _kind(data)
    branches = [lambda size=size: size(data) for size in sizes]
    width, height = tf.switch_case(kind, [*branches, lambda: (none, none)])
    return Header(kind, width, height)


def png_size(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Read width and height from IHDR, int64."""
    return number(data, 16, 4, little=False), number(data, 20, 4, little=False)


def webp_size(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Read width and height, int64, from the first chunk, one of three kinds; zeros if it is another."""
    lossy = number(data, [26, 28], 2, little=True) % 2**14
    packed = number(data, 21, 4, little=True)
    lossless = 1 + tf.stack([packed % 2**14, packed // 2**14 % 2**14])
    extended = 1 + number(data, [24, 27], 3, little=True)
    size = tf.zeros([2], tf.int64)
    for chunk, known in ((b"VP8 ", lossy), (b"VP8L", lossless), (b"VP8X", extended)):
        size = tf.where(starts_with(data, 12, chunk), known, size)
    return size[0], size[1]


def is_animated_webp(data: tf.Tensor) -> tf.Tensor:
    """Return whether a WebP is marked as animated, scalar bool."""
    return starts_with(data, 12, b"VP8X") & (window(data, 20, 1)[0] // 2 % 2 == 1)


def _kind(data: tf.Tensor) -> tf.Tensor:
    kind = tf.constant(len(FORMATS))
    for index, name in enumerate(FORMATS):
        parts = [starts_with(data, at, text) for at, text in _SIGNATURES[name]]
        kind = tf.where(tf.reduce_all(parts), index, kind)
    return kind
