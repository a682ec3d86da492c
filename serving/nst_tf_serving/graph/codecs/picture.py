"""Decode and encode pictures in a graph that TensorFlow Serving runs: no Python, no variable.

Decodes to the pixels that `nst_tf.load_image` reads from the same bytes, upright, wherever a format stores the
orientation. The exceptions are listed in docs/pictures.md, and tested: sRGB is assumed whatever a file's color space;
TIFF, animated WebP and rare BMP are refused. A picture is decoded only if its bytes and the size in its header are
within the limits.
"""

import tensorflow as tf

from nst_tf_serving.graph.checks import checked
from nst_tf_serving.graph.codecs.bmp import decode_bmp
from nst_tf_serving.graph.codecs.byte_reader import count, length, number, to_octets, window
from nst_tf_serving.graph.codecs.exif import apply_orientation, find_entry
from nst_tf_serving.graph.codecs.gif import decode_gif
from nst_tf_serving.graph.codecs.image_headers import FORMATS, Header, is_animated_webp, read_header
from nst_tf_serving.graph.codecs.jpeg import MOST_SCANS, Segments, count_scans, walk_jpeg, with_adobe_marker
from nst_tf_serving.graph.codecs.orientation import read_camera_notes

_MP_ENTRY = 0xB002

MAX_TEXTS = 16
"""Most compressed texts in a PNG; the decoder decompresses each, up to megabytes, for nothing."""


def decode(encoded: tf.Tensor, *, max_bytes: int, max_pixels: int) -> tf.Tensor:
    """Decode a picture: upright, opaque, the first frame of an animated GIF.

    Args:
        encoded: Scalar string, a whole file of one of `FORMATS`.
        max_bytes: Most bytes of the file.
        max_pixels: Most pixels, width times height.

    Returns:
        `(H, W, 3)`, float32, RGB in [0, 1].

    Raises:
        tf.errors.InvalidArgumentError: If the file is too long, too large, of another format or damaged.
    """
    size = tf.cast(tf.strings.length(encoded), tf.int64)
    sentence = ["A picture may have ", str(max_bytes), " bytes; got ", tf.strings.as_string(size), ". Reduce it first."]
    within = size <= max_bytes
    encoded = checked(tf.where(within, encoded, b""), within, tf.strings.join(sentence))
    data = to_octets(encoded)
    header = read_header(data)
    complaint = _complaint(header, max_pixels)
    kind = checked(tf.where(complaint == b"", header.kind, len(FORMATS)), complaint == b"", complaint)
    notes = read_camera_notes(data, kind)
    kind = checked(kind, notes.complaint == b"", notes.complaint)
    return apply_orientation(_opaque(_decode_as(kind, encoded, data)), notes.orientation)


def encode(image: tf.Tensor) -> tf.Tensor:
    """Encode an image as PNG with 8 bits per channel, rounded as `nst_tf.save_image` rounds.

    Args:
        image: `(H, W, 3)`, float32, RGB; clipped to [0, 1].

    Returns:
        Scalar string.
    """
    return tf.io.encode_png(tf.cast(tf.round(tf.clip_by_value(image, 0.0, 1.0) * 255), tf.uint8))


def _complaint(header: Header, max_pixels: int) -> tf.Tensor:
    """Explain what is wrong with a header, a scalar string; empty if nothing is."""
    width, height = tf.strings.as_string(header.width), tf.strings.as_string(header.height)
    unknown = f"The picture has an unknown format; send {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."
    empty = "The header of the picture gives no width and height; it is damaged or of a rare kind. Send a PNG instead."
    large = ["A picture may have ", str(max_pixels), " pixels; got ", width, " x ", height, ". Reduce it first."]
    too_large = header.width > max_pixels // tf.maximum(header.height, 1)
    complaint = tf.where(too_large, tf.strings.join(large), b"")
    complaint = tf.where((header.width < 1) | (header.height < 1), empty, complaint)
    return tf.where(header.kind == len(FORMATS), unknown, complaint)


def _decode_as(kind: tf.Tensor, encoded: tf.Tensor, data: tf.Tensor) -> tf.Tensor:
    """Decode as one of `FORMATS`: `(H, W, 4)`, float32 in [0, 1], with an alpha channel."""
    return tf.switch_case(
        kind,
        [
            lambda: _decode_png(encoded, data),
            lambda: _decode_jpeg(encoded, data),
            lambda: _decode_webp(encoded, data),
            lambda: _scale(decode_gif(encoded, data)),
            lambda: _scale(decode_bmp(data)),
            lambda: tf.zeros([0, 0, 4]),  # never taken: an unknown format has failed a check
        ],
    )


def _decode_png(encoded: tf.Tensor, data: tf.Tensor) -> tf.Tensor:
    texts = count(data, b"zTXt") + count(data, b"iTXt")
    sentence = f"The PNG has more than {MAX_TEXTS} compressed texts; save it without them."
    encoded = checked(encoded, texts <= MAX_TEXTS, sentence)
    deep = lambda: _scale(tf.io.decode_png(encoded, channels=4, dtype=tf.uint16), 2**16 - 1)  # noqa: E731
    shallow = lambda: _scale(tf.io.decode_png(encoded, channels=4))  # noqa: E731
    return tf.cond(window(data, 24, 1)[0] == 16, deep, shallow)


def _decode_jpeg(encoded: tf.Tensor, data: tf.Tensor) -> tf.Tensor:
    segments = walk_jpeg(data)
    sentence = f"The JPEG has more than {MOST_SCANS} scans; save it again."
    encoded = checked(encoded, count_scans(data, segments) <= MOST_SCANS, sentence)
    sentence = "The JPEG begins with a thumbnail of its picture; send a JPEG of one picture."
    encoded = checked(encoded, ~_begins_with_thumbnail(data, segments), sentence)
    encoded = with_adobe_marker(encoded, data, segments)
    color = tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE", fancy_upscaling=True)
    return tf.pad(_scale(color), [[0, 0], [0, 0], [0, 1]], constant_values=1.0)


def _begins_with_thumbnail(data: tf.Tensor, segments: Segments) -> tf.Tensor:
    """Return whether a JPEG's index marks its first picture as a large thumbnail (CIPA DC-007, section 5.2.3.3)."""
    entry, little = find_entry(data, segments.index, tag=_MP_ENTRY)
    place = segments.index + number(data, entry + 8, 4, little=little)
    kind = number(data, place, 4, little=little) % 2**24
    return (entry < length(data)) & (kind // 2**16 == 1)


def _decode_webp(encoded: tf.Tensor, data: tf.Tensor) -> tf.Tensor:
    """Decode a still WebP; TensorFlow 2.21's decoder writes past its buffer for animations, so it must not get any."""
    still = ~is_animated_webp(data)
    encoded = checked(tf.where(still, encoded, b""), still, "The picture is an animated WebP; send a single frame.")
    pixels = _scale(tf.io.decode_webp(encoded)[0])  # 3 or 4 channels as the file has them; others are refused
    return tf.pad(pixels, [[0, 0], [0, 0], [0, 4 - tf.shape(pixels)[2]]], constant_values=1.0)


def _scale(pixels: tf.Tensor, largest: int = 255) -> tf.Tensor:
    """Divide by the largest value; for a plain `/`, graph optimization would multiply by a rounded inverse."""
    return tf.math.divide_no_nan(tf.cast(pixels, tf.float32), float(largest))


def _opaque(pixels: tf.Tensor) -> tf.Tensor:
    """Give fully transparent pixels the mean color of the others: `(H, W, 4)` to `(H, W, 3)`."""
    color, alpha = pixels[..., :3], pixels[..., 3:]

    def fill() -> tf.Tensor:
        """Fill fully transparent pixels."""
        visible = tf.reduce_sum(alpha)
        mean = tf.reduce_sum(color * alpha, axis=[0, 1]) / visible
        return tf.where(alpha > 0, color, tf.where(visible > 0, mean, 0.5))

    image = tf.cond(tf.reduce_any(alpha == 0), fill, lambda: color)
    return tf.ensure_shape(image, [None, None, 3])
