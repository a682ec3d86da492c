"""Read and apply the orientation in EXIF data, a TIFF file without a picture (TIFF 6.0, section 2), in a graph."""

import tensorflow as tf

from nst_tf_serving.graph.codecs.byte_reader import length, number, starts_with

MOST_ENTRIES = 256
"""Most entries of a directory that are examined."""

UPRIGHT = 1

_ORIENTATION = 0x0112  # TIFF 6.0, section 8
_INTEGERS = (3, 4)  # SHORT, LONG


def read_orientation(data: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    """Read the orientation from EXIF data at a position.

    Args:
        data: Result of `to_octets`, `(n + 1,)`, uint8.
        at: Position of the EXIF data; the file's length if there is none.

    Returns:
        Scalar int64, 1 to 8; 0 if there is none, 1 (upright) if it is malformed.
    """
    at = tf.where(starts_with(data, at, b"Exif\0\0"), at + 6, at)
    entry, little = find_entry(data, at, tag=_ORIENTATION)
    kind, size = number(data, entry + 2, 2, little=little), number(data, entry + 4, 4, little=little)
    value = tf.where(kind == 3, number(data, entry + 8, 2, little=little), number(data, entry + 8, 4, little=little))
    known = tf.reduce_any(kind == _INTEGERS) & (size == 1) & (value >= UPRIGHT) & (value <= 8)
    value = tf.where(entry < length(data), tf.where(known, value, UPRIGHT), 0)
    return tf.where((at < length(data)) & ~_is_tiff(data, at), tf.constant(UPRIGHT, tf.int64), value)


def find_entry(data: tf.Tensor, at: tf.Tensor, *, tag: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Find a tag's entry in the first directory of a TIFF file at a position.

    Returns:
        The entry's position, or the file's length if there is none, and whether its numbers are little-endian.
    """
    little = starts_with(data, at, b"II*\0")
    directory = at + number(data, at + 4, 4, little=little)
    index = tf.range(MOST_ENTRIES, dtype=tf.int64)
    entries = directory + 2 + 12 * index
    is_it = (number(data, entries, 2, little=little) == tag) & (index < number(data, directory, 2, little=little))
    found = _is_tiff(data, at) & tf.reduce_any(is_it)
    return tf.where(found, entries[tf.argmax(is_it)], length(data)), little


def _is_tiff(data: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    return starts_with(data, at, b"II*\0") | starts_with(data, at, b"MM\0*")


def apply_orientation(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Rotate and flip an image `(H, W, C)` so that it is upright."""

    def upright(number: int) -> tf.Tensor:
        """Apply one of the eight orientations."""
        turned = tf.transpose(image, [1, 0, 2]) if number >= 5 else image
        axes = [axis for axis, numbers in enumerate([(3, 4, 7, 8), (2, 3, 6, 7)]) if number in numbers]
        return tf.reverse(turned, axes) if axes else turned

    return tf.switch_case(orientation - 1, [lambda number=number: upright(number) for number in range(1, 9)])
