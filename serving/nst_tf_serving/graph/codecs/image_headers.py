"""What an encoded picture says of itself, read in a graph without decoding it: format, width and height."""

from typing import NamedTuple

import tensorflow as tf

from nst_tf_serving.graph.codecs.bmp import bmp_size
from nst_tf_serving.graph.codecs.byte_reader import number, starts_with, window
from nst_tf_serving.graph.codecs.gif import gif_size
from nst_tf_serving.graph.codecs.jpeg import jpeg_size

FORMATS = ("PNG", "JPEG", "WebP", "GIF", "BMP")
"""Formats that are read; a format's number is its place here, and `len(FORMATS)` stands for none."""

_SIGNATURES = {
    "PNG": ((0, b"\x89PNG\r\n\x1a\n"), (12, b"IHDR")),
    "JPEG": ((0, b"\xff\xd8"),),
    "WebP": ((0, b"RIFF"), (8, b"WEBP")),
    "GIF": ((0, b"GIF8"),),
    "BMP": ((0, b"BM"),),
}


class Header(NamedTuple):
    """What the first bytes claim.

    Attributes:
        kind: Number of the format, scalar int32.
        width: Pixels, scalar int64; zero if it can't be told.
        height: Pixels, scalar int64; zero if it can't be told.
    """

    kind: tf.Tensor
    width: tf.Tensor
    height: tf.Tensor


def read_header(data: tf.Tensor) -> Header:
    """Read format and size from a file's bytes.

    Args:
        data: What `to_octets` returned, `(n + 1,)`, uint8.
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
    """Read width and height, int64, from the first chunk, whichever of the three it is; zeros if it is another."""
    lossy = number(data, [26, 28], 2, little=True) % 2**14
    packed = number(data, 21, 4, little=True)
    lossless = 1 + tf.stack([packed % 2**14, packed // 2**14 % 2**14])
    extended = 1 + number(data, [24, 27], 3, little=True)
    size = tf.zeros([2], tf.int64)
    for chunk, known in ((b"VP8 ", lossy), (b"VP8L", lossless), (b"VP8X", extended)):
        size = tf.where(starts_with(data, 12, chunk), known, size)
    return size[0], size[1]


def is_animated_webp(data: tf.Tensor) -> tf.Tensor:
    """Tell whether a WebP announces several frames, scalar bool."""
    return starts_with(data, 12, b"VP8X") & (window(data, 20, 1)[0] // 2 % 2 == 1)


def _kind(data: tf.Tensor) -> tf.Tensor:
    kind = tf.constant(len(FORMATS))
    for index, name in enumerate(FORMATS):
        parts = [starts_with(data, at, text) for at, text in _SIGNATURES[name]]
        kind = tf.where(tf.reduce_all(parts), index, kind)
    return kind
