"""The orientation that a camera noted down in EXIF: read from the bytes and applied, in a graph."""

import tensorflow as tf

from nst_tf_serving.headers import FORMATS
from nst_tf_serving.jpeg import walk_jpeg
from nst_tf_serving.octets import length, number, starts_with

MOST_CHUNKS = 1024
"""Chunks of a PNG or WebP that are looked through."""

MOST_ENTRIES = 256
"""Entries of the EXIF directory that are looked through."""

_ORIENTATION, _SHORT = 0x0112, 3  # TIFF 6.0, section 8


def read_orientation(data: tf.Tensor, kind: tf.Tensor) -> tf.Tensor:
    """Read the orientation, 1 to 8; 1, upright, where there is none or it is malformed.

    Args:
        data: What `to_octets` returned, `(n + 1,)`, uint8.
        kind: The format's number.

    Returns:
        Scalar int32.
    """
    nowhere = length(data)
    places = {
        "PNG": lambda: _find_chunk(data, 8, tag=b"eXIf", png=True) + 8,
        "JPEG": lambda: walk_jpeg(data).exif,
        "WebP": lambda: _exif_of_webp(data),
    }
    branches = [places.get(name, lambda: nowhere) for name in FORMATS]
    return _orientation_at(data, tf.switch_case(kind, [*branches, lambda: nowhere]))


def apply_orientation(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turn and mirror an image `(H, W, C)` so that it is upright."""

    def upright(number: int) -> tf.Tensor:
        turned = tf.transpose(image, [1, 0, 2]) if number >= 5 else image
        axes = [axis for axis, numbers in enumerate([(3, 4, 7, 8), (2, 3, 6, 7)]) if number in numbers]
        return tf.reverse(turned, axes) if axes else turned

    return tf.switch_case(orientation - 1, [lambda number=number: upright(number) for number in range(1, 9)])


def _exif_of_webp(data: tf.Tensor) -> tf.Tensor:
    at = _find_chunk(data, 12, tag=b"EXIF", png=False) + 8
    return tf.where(starts_with(data, at, b"Exif\0\0"), at + 6, at)


def _find_chunk(data: tf.Tensor, start: int, *, tag: bytes, png: bool) -> tf.Tensor:
    """Return the position of a chunk; past the end if there is none.

    A PNG's chunks have a big-endian length, a tag, data and a checksum; a WebP's a tag, a little-endian length and
    data of an even number of bytes.
    """
    tag_at, length_at = (4, 0) if png else (0, 4)

    def go_on(at: tf.Tensor) -> tf.Tensor:
        return (at < length(data)) & ~starts_with(data, at + tag_at, tag)

    def skip(at: tf.Tensor) -> tuple[tf.Tensor]:
        size = number(data, at + length_at, 4, little=not png)
        return (at + 12 + size if png else at + 8 + size + size % 2,)

    start = tf.constant(start, tf.int64)
    at = tf.while_loop(go_on, skip, (start,), maximum_iterations=MOST_CHUNKS, parallel_iterations=1)[0]
    return tf.where(starts_with(data, at + tag_at, tag), at, length(data))


def _orientation_at(data: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    """Read the orientation from the first directory of EXIF data (TIFF 6.0, section 2)."""
    little = starts_with(data, at, b"II*\0")
    directory = at + number(data, at + 4, 4, little=little)
    index = tf.range(MOST_ENTRIES, dtype=tf.int64)
    entries = directory + 2 + 12 * index
    is_it = (number(data, entries, 2, little=little) == _ORIENTATION) & (
        number(data, entries + 2, 2, little=little) == _SHORT
    )
    is_it &= index < number(data, directory, 2, little=little)
    found = number(data, entries[tf.argmax(is_it)] + 8, 2, little=little)
    known = (little | starts_with(data, at, b"MM\0*")) & tf.reduce_any(is_it) & (found >= 1) & (found <= 8)
    return tf.cast(tf.where(known, found, 1), tf.int32)
