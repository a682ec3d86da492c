"""Find the segments of a JPEG up to its frame header (ITU-T T.81, annex B), in a graph.

Where the standard leaves room, this follows libjpeg, which decodes the file: both must agree on the frame header.
"""

from typing import NamedTuple

import tensorflow as tf

from nst_tf_serving.graph.codecs.byte_reader import count, length, number, starts_with, window

LONGEST_WALK = 4096
"""Most segments and garbage bytes between them; the walk ends after that many."""

MOST_SCANS = 100
"""Most scans of a progressive file; each takes time for the whole picture, however few bytes it has."""

_FRAMES = [marker for marker in range(0xC0, 0xD0) if marker not in (0xC4, 0xC8, 0xCC)]  # not DHT, JPG, DAC
_ALONE = [0x01, *range(0xD0, 0xD9)]  # without a length: TEM, RST0 to RST7, SOI
_LAST = [0xD9, 0xDA]  # EOI and SOS: no frame header can follow

XMP = b"http://ns.adobe.com/xap/1.0/\0"
"""Beginning of an APP1 segment with an XMP packet (XMP specification, part 3)."""

_ADOBE = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"  # APP14: inks are stored inverted, and are not YCCK


class Segments(NamedTuple):
    """Positions in a JPEG; the file's length for missing ones.

    Attributes:
        frame: The frame header's marker.
        exif: The first EXIF data in an APP1.
        xmp: The last XMP packet in an APP1, the one that Pillow reads.
        index: The first index of a multi-picture file in an APP2 (CIPA DC-007).
    """

    frame: tf.Tensor
    exif: tf.Tensor
    xmp: tf.Tensor
    index: tf.Tensor


def walk_jpeg(data: tf.Tensor) -> Segments:
    """Find the first frame header, and the metadata before the first scan."""
    end = length(data)

    def search(at: tf.Tensor, found: Segments) -> tuple[tf.Tensor, Segments]:
        """Examine the segment at a position, and return the next position."""
        lead, marker = tf.unstack(window(data, at, 2))
        is_marker = (lead == 0xFF) & (marker != 0) & (marker != 0xFF)

        def noted(application: int, text: bytes, before: tf.Tensor, *, last: bool = False) -> tf.Tensor:
            """Return the position after a text that begins this segment; otherwise the one found before."""
            is_it = is_marker & (marker == application) & starts_with(data, at + 4, text)
            return tf.where(is_it & (last | (before == end)), at + 4 + len(text), before)

        is_frame = is_marker & _is_one_of(marker, _FRAMES) & (found.frame == end)
        found = Segments(
            tf.where(is_frame, at, found.frame),
            noted(0xE1, b"Exif\0\0", found.exif),
            noted(0xE1, XMP, found.xmp, last=True),
            noted(0xE2, b"MPF\0", found.index),
        )
        step = tf.where(is_marker, _segment_length(data, at, marker), _garbage_length(lead, marker))
        return tf.where(is_marker & _is_one_of(marker, _LAST), end, at + step), found

    start = tf.constant(2, tf.int64)
    found: Segments = tf.while_loop(
        lambda at, _: at < end,
        search,
        (start, Segments(end, end, end, end)),
        maximum_iterations=LONGEST_WALK,
        parallel_iterations=1,
    )[1]
    return found


def jpeg_size(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Read width and height, int64; zeros where there is no frame header."""
    frame = walk_jpeg(data).frame
    return number(data, frame + 7, 2, little=False), number(data, frame + 5, 2, little=False)


def count_scans(data: tf.Tensor, segments: Segments) -> tf.Tensor:
    """Count the scans after the frame header, scalar int64; no other bytes there equal their marker."""
    return count(data[segments.frame :], b"\xff\xda")


def with_adobe_marker(encoded: tf.Tensor, data: tf.Tensor, segments: Segments) -> tf.Tensor:
    """Insert Adobe's marker into a CMYK JPEG, so that its inks are read as inverted even if its own marker is missing.

    Pillow and browsers read all such files as inverted, TensorFlow only those with the marker. If a file has its own
    marker, that one follows and takes precedence.
    """
    inks = window(data, segments.frame + 9, 1)[0] == 4
    marked = tf.strings.join([tf.strings.substr(encoded, 0, 2), _ADOBE, tf.strings.substr(encoded, 2, -1)])
    return tf.where(inks, marked, encoded)


def _is_one_of(marker: tf.Tensor, markers: list[int]) -> tf.Tensor:
    return tf.reduce_any(marker == markers)


def _segment_length(data: tf.Tensor, at: tf.Tensor, marker: tf.Tensor) -> tf.Tensor:
    """Return a segment's length with its marker, at least 2 so that every walk ends."""
    return 2 + tf.where(_is_one_of(marker, _ALONE), tf.zeros_like(at), number(data, at + 2, 2, little=False))


def _garbage_length(lead: tf.Tensor, marker: tf.Tensor) -> tf.Tensor:
    """Return how many bytes libjpeg skips in search of a marker: a stuffed zero, a fill byte, or any other."""
    return tf.where((lead == 0xFF) & (marker == 0), tf.constant(2, tf.int64), tf.constant(1, tf.int64))
