"""Decode the first frame of a GIF (GIF89a specification) in a graph.

TensorFlow's decoder decodes every frame of an animation, and drops transparency. So it gets a plain file of one frame
instead, whose colors are the palette indices of the real colors.
"""

from typing import NamedTuple

import tensorflow as tf

from nst_tf_serving.graph.checks import checked
from nst_tf_serving.graph.codecs.byte_reader import length, number, window

MOST_EXTENSIONS = 32
"""Most extensions before the first frame; a file with more is refused."""

MOST_NOTES = 1024
"""Most data blocks of one extension; a file with more is refused."""

MOST_BLOCKS = 2**17
"""Most data blocks of the first frame; a file with more is refused; writers put 255 bytes into each."""

_SCREEN, _EXTENSION, _CONTROL, _FRAME = 13, 0x21, 0xF9, 0x2C
_NUMBERED = bytes(value for number in range(256) for value in (number,) * 3)


class Frame(NamedTuple):
    """The position of the first frame, and its transparent color.

    Attributes:
        at: Position of its descriptor; the file's length if there is none.
        transparent: Palette index of the transparent color, or -1.
    """

    at: tf.Tensor
    transparent: tf.Tensor


def gif_size(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Read width and height, int64: of the screen, extended to hold the first frame; zeros without a frame."""
    return _whole_size(data, find_frame(data).at)


def find_frame(data: tf.Tensor) -> Frame:
    """Find the first frame, and its transparent color in the blocks before it."""
    end = length(data)

    def go_on(at: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
        """Return whether an extension is at a position."""
        return (at < end) & (window(data, at, 1)[0] == _EXTENSION)

    def skip(at: tf.Tensor, transparent: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Skip an extension, and read the transparent color if it is a graphic control."""
        label, _, flags, _, _, color = tf.unstack(window(data, at + 1, 6))
        noted = tf.where(flags % 2 == 1, color, tf.constant(-1, tf.int64))
        return skip_blocks(data, at + 2, most=MOST_NOTES), tf.where(label == _CONTROL, noted, transparent)

    start = _SCREEN + _table_length(window(data, 10, 1)[0])
    at, transparent = tf.while_loop(
        go_on, skip, (start, tf.constant(-1, tf.int64)), maximum_iterations=MOST_EXTENSIONS, parallel_iterations=1
    )
    return Frame(tf.where(window(data, at, 1)[0] == _FRAME, at, end), transparent)


def skip_blocks(data: tf.Tensor, at: tf.Tensor, *, most: int) -> tf.Tensor:
    """Return the position after a chain of data blocks; past the file's end if it is truncated or too long."""
    end = length(data)
    last = tf.while_loop(
        lambda at: (at < end) & (window(data, at, 1)[0] > 0),
        lambda at: (at + 1 + window(data, at, 1)[0],),
        (at,),
        maximum_iterations=most,
        parallel_iterations=1,
    )[0]
    return tf.where(window(data, last, 1)[0] == 0, last, end) + 1


def decode_gif(encoded: tf.Tensor, data: tf.Tensor) -> tf.Tensor:
    """Decode the first frame on its screen: `(H, W, 4)`, uint8, with an alpha channel."""
    frame = find_frame(data)
    colors, transparent = _palette(data, frame.at), tf.maximum(frame.transparent, 0)
    numbers = _color_numbers(encoded, data, frame.at)
    left, top, width, height = tf.unstack(_corner_and_size(data, frame.at))
    right, bottom = (
        whole - part for whole, part in zip(_whole_size(data, frame.at), (left + width, top + height), strict=True)
    )
    whole = tf.pad(numbers, [[top, bottom], [left, right]], constant_values=tf.cast(transparent, tf.uint8))
    opaque = tf.cast(tf.range(256, dtype=tf.int64) != frame.transparent, tf.uint8) * 255
    return tf.gather(tf.concat([colors, opaque[:, None]], axis=1), tf.cast(whole, tf.int32))


def _color_numbers(encoded: tf.Tensor, data: tf.Tensor, frame: tf.Tensor) -> tf.Tensor:
    """Decode the frame alone to palette indices: `(h, w)`, uint8."""
    flags = window(data, frame + 9, 1)[0]
    start = tf.minimum(frame + 10 + _table_length(flags), length(data))
    end = skip_blocks(data, start + 1, most=MOST_BLOCKS)
    size = tf.strings.substr(encoded, frame + 5, 4)
    pixels = tf.strings.substr(encoded, start, end - start)
    pixels = checked(pixels, end <= length(data), "The data of the GIF is truncated; send the whole file.")
    interlaced = tf.where(flags // 0x40 % 2 == 1, b"\x40", b"\0")
    screen = [b"GIF89a", size, b"\xf7\0\0", _NUMBERED]
    plain = tf.strings.join([*screen, b"\x2c\0\0\0\0", size, interlaced, pixels, b"\x3b"])
    return tf.io.decode_gif(plain)[0, :, :, 0]


def _palette(data: tf.Tensor, frame: tf.Tensor) -> tf.Tensor:
    """Read the local palette, else the global one, else use grays: `(256, 3)`, uint8."""
    tables = [(window(data, frame + 9, 1)[0], frame + 10), (window(data, 10, 1)[0], tf.constant(_SCREEN, tf.int64))]
    colors = tf.tile(tf.range(256, dtype=tf.int64)[:, None], [1, 3])
    for flags, at in reversed(tables):
        known = tf.range(256, dtype=tf.int64)[:, None] * 3 < _table_length(flags)
        table = tf.where(known, window(data, at + 3 * tf.range(256, dtype=tf.int64), 3), 0)
        colors = tf.where(flags >= 0x80, table, colors)
    return tf.cast(colors, tf.uint8)


def _table_length(flags: tf.Tensor) -> tf.Tensor:
    """Return the length in bytes of the color table after a descriptor, by its flags."""
    return tf.where(flags >= 0x80, 3 * tf.bitwise.left_shift(tf.constant(2, tf.int64), flags % 8), 0)


def _corner_and_size(data: tf.Tensor, frame: tf.Tensor) -> tf.Tensor:
    """Read left, top, width and height, int64, `(4,)`."""
    return number(data, frame + tf.constant([1, 3, 5, 7], tf.int64), 2, little=True)


def _whole_size(data: tf.Tensor, frame: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    left, top, width, height = tf.unstack(_corner_and_size(data, frame))
    screen = number(data, [6, 8], 2, little=True)
    there = tf.cast((frame < length(data)) & (width > 0) & (height > 0), tf.int64)
    return there * tf.maximum(screen[0], left + width), there * tf.maximum(screen[1], top + height)
