"""Read a picture's orientation in a graph, from EXIF, or where that has none, from XMP."""

from typing import NamedTuple

import tensorflow as tf

from nst_tf_serving.graph.codecs.byte_reader import find_all, length, number, starts_with, window
from nst_tf_serving.graph.codecs.chunks import MOST_CHUNKS, Chunks, first, having, png_chunks, webp_chunks
from nst_tf_serving.graph.codecs.exif import UPRIGHT, read_orientation
from nst_tf_serving.graph.codecs.image_headers import FORMATS
from nst_tf_serving.graph.codecs.jpeg import XMP, walk_jpeg

LONGEST_LANGUAGE = 256
"""Most bytes of a PNG text's language and translated keyword that are examined."""

_KEYWORD = b"XML:com.adobe.xmp\0"
_HIDDEN = (b"Raw profile type exif\0", b"Raw profile type APP1\0", b"Raw profile type xmp\0")
_WEBP_EXIF, _WEBP_XMP = 8, 4  # flags of VP8X


class CameraNotes(NamedTuple):
    """The orientation in a file's metadata.

    Attributes:
        orientation: 1 to 8, scalar int32; 1 if it is missing or malformed.
        complaint: Why it can't be read, scalar string; empty if it can.
    """

    orientation: tf.Tensor
    complaint: tf.Tensor


class _Places(NamedTuple):
    """Positions; the file's length for missing ones.

    Attributes:
        exif: Start of the EXIF data.
        xmp: Start of the XMP packet.
        xmp_end: End of the XMP packet.
        unreadable: The complaint if EXIF has no orientation, scalar string.
    """

    exif: tf.Tensor
    xmp: tf.Tensor
    xmp_end: tf.Tensor
    unreadable: tf.Tensor


def read_camera_notes(data: tf.Tensor, kind: tf.Tensor) -> CameraNotes:
    """Read the orientation as the library does.

    Args:
        data: Result of `to_octets`, `(n + 1,)`, uint8.
        kind: The format's number.
    """
    places = {"PNG": _places_in_png, "JPEG": _places_in_jpeg, "WebP": _places_in_webp}
    readers = [*(places.get(name, _nowhere) for name in FORMATS), _nowhere]
    found = tf.switch_case(kind, [lambda read=read: read(data) for read in readers])
    by_exif = read_orientation(data, found.exif)
    by_xmp = tf.cond(by_exif == 0, lambda: _orientation_in_xmp(data, found.xmp, found.xmp_end), lambda: by_exif)
    orientation = tf.cast(tf.maximum(by_xmp, UPRIGHT), tf.int32)
    return CameraNotes(orientation, tf.where(by_exif == 0, found.unreadable, b""))


def _nowhere(data: tf.Tensor) -> _Places:
    end = length(data)
    return _Places(end, end, end, tf.constant(b""))


def _places_in_jpeg(data: tf.Tensor) -> _Places:
    segments = walk_jpeg(data)
    field = segments.xmp - len(XMP) - 2
    end = tf.minimum(field + number(data, field, 2, little=False), length(data))
    return _Places(segments.exif, segments.xmp, end, tf.constant(b""))


def _places_in_webp(data: tf.Tensor) -> _Places:
    """Find the metadata that the header's flags announce; decoders ignore any other."""
    chunks, flags = webp_chunks(data), window(data, 20, 1)[0]
    extended = starts_with(data, 12, b"VP8X")
    has_exif, has_xmp = (extended & (flags // flag % 2 == 1) for flag in (_WEBP_EXIF, _WEBP_XMP))
    exif = first(chunks, having(data, chunks, b"EXIF", offset=0) & has_exif) + 8
    xmp = first(chunks, having(data, chunks, b"XMP ", offset=0) & has_xmp) + 8
    end = tf.minimum(xmp + number(data, xmp - 4, 4, little=True), length(data))
    return _Places(tf.minimum(exif, length(data)), tf.minimum(xmp, length(data)), end, tf.constant(b""))


def _places_in_png(data: tf.Tensor) -> _Places:
    chunks = png_chunks(data)
    tags = {tag: having(data, chunks, tag, offset=4) for tag in (b"eXIf", b"iTXt", b"tEXt", b"zTXt")}
    exif = tf.minimum(first(chunks, tags[b"eXIf"]) + 8, length(data))
    at = first(chunks, tags[b"iTXt"] & having(data, chunks, _KEYWORD, offset=8))
    packed = window(data, at + 8 + len(_KEYWORD), 1)[0] != 0
    xmp = _text_of(data, at + 8 + len(_KEYWORD) + 2)
    end = tf.minimum(at + 8 + number(data, at, 4, little=False), length(data))
    there = at < length(data)
    return _Places(
        exif,
        tf.where(there & ~packed, tf.minimum(xmp, end), length(data)),
        end,
        _unreadable(data, chunks, tags[b"tEXt"] | tags[b"zTXt"] | tags[b"iTXt"], there & packed),
    )


def _text_of(data: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    """Return the start of a text, after its language and its translated keyword, each of which ends in a zero."""
    zeros = tf.cumsum(tf.cast(window(data, at, LONGEST_LANGUAGE) == 0, tf.int32))
    return at + tf.argmax(zeros == 2) + 1


def _unreadable(data: tf.Tensor, chunks: Chunks, is_text: tf.Tensor, packed: tf.Tensor) -> tf.Tensor:
    hidden = tf.reduce_any(
        tf.stack([tf.reduce_any(is_text & having(data, chunks, keyword, offset=8)) for keyword in _HIDDEN])
    )
    sentence = "The PNG has EXIF or XMP, and so its orientation, in a compressed text; save it again."
    complaint = tf.where(hidden | packed, sentence, b"")
    many = f"The PNG has more than {MOST_CHUNKS} chunks; save it again."
    return tf.where(chunks.whole, complaint, many)


def _orientation_in_xmp(data: tf.Tensor, start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """Read the first orientation in an XMP packet, element or attribute, as Pillow does: scalar int64, 0 if none."""
    values = find_all(data, start, end, b"tiff:Orientation")
    sign, quote, digit = tf.unstack(window(data, values, 3), axis=1)
    is_attribute, is_element = (sign == ord("=")) & (quote == ord('"')), sign == ord(">")
    value = tf.where(is_attribute, digit, quote) - ord("0")
    is_digit = (is_attribute | is_element) & (value >= 0) & (value <= 9)
    found = tf.concat([tf.boolean_mask(value, is_digit), tf.zeros([1], tf.int64)], axis=0)[0]
    known = (found >= UPRIGHT) & (found <= 8)
    return tf.where(tf.reduce_any(is_digit) & ~known, tf.constant(UPRIGHT, tf.int64), found)
