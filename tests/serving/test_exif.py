"""Orientation is read from EXIF in both byte orders, and taken as upright where it is malformed."""

import struct

import numpy as np
import pytest
import tensorflow as tf
from helpers.encoded_pictures import described, encode, smooth
from PIL import Image, ImageOps

from nst_tf_serving.graph.codecs.exif import apply_orientation


def exif(orientation, *, order="<", kind=3, entries=1, offset=8):
    """EXIF data with some entries, the last of which is the orientation."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    other = struct.pack(order + "2HI2H", 0x010E, 3, 1, 4, 0) * (entries - 1)
    entry = struct.pack(order + "2HI2H", 0x0112, kind, 1, orientation, 0)
    directory = struct.pack(order + "H", entries) + other + entry + bytes(4)
    return mark + struct.pack(order + "I", offset) + bytes(offset - 8 if 8 < offset < 99 else 0) + directory


def with_exif(data, kind="JPEG"):
    return encode(Image.fromarray(smooth(9, 7)), kind, exif=b"Exif\0\0" + data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read_in_both_byte_orders(orientation, order, kind):
    assert described(with_exif(exif(orientation, order=order), kind))[3] == orientation


@pytest.mark.parametrize("layout", [{"entries": 12}, {"offset": 30}])
def test_directory_may_lie_anywhere(layout):
    assert described(with_exif(exif(5, **layout)))[3] == 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"II*\0",
        exif(0),
        exif(9),
        exif(6, kind=7),
        exif(6, offset=2**31),
        exif(6)[:17],
        b"XX" + exif(6)[2:],
        exif(6).replace(b"\x12\1", b"\x13\1"),
    ],
)
def test_malformed_notes_mean_upright(data):
    for kind in ("JPEG", "PNG", "WEBP"):
        assert described(with_exif(data, kind))[3] == 1


def test_orientation_stands_behind_other_segments():
    encoded = with_exif(exif(8))
    note = b"\xff\xfe\0\x0cExif\0\0nope"
    assert described(encoded[:2] + note + encoded[2:])[3] == 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_is_pillow_s(orientation):
    pixels = smooth(5, 3)
    file = Image.fromarray(pixels)
    file.getexif()[0x0112] = orientation
    upright = tf.function(apply_orientation)(tf.constant(pixels), tf.constant(orientation))
    np.testing.assert_array_equal(upright, np.asarray(ImageOps.exif_transpose(file)))
