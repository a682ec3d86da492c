"""Format and size are read from the header alone, whatever the bytes."""

import struct

import numpy as np
import pytest
from helpers.encoded_pictures import described, encode, smooth
from PIL import Image

KINDS = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WebP", "GIF": "GIF", "BMP": "BMP"}

JPEG_FRAME = b"\xff\xc0\0\x0b\x08" + struct.pack(">2H", 37, 53) + b"\1\1\x11\0"


@pytest.mark.parametrize("size", [(53, 37), (1, 1), (1, 300), (700, 2)])
@pytest.mark.parametrize("kind", KINDS)
def test_size_is_read(kind, size):
    encoded = encode(Image.fromarray(smooth(*size)), kind)
    assert described(encoded) == (KINDS[kind], *size, 1)


@pytest.mark.parametrize("options", [{"lossless": True}, {"exact": True}, {"exif": bytes(20)}], ids=str)
def test_every_kind_of_webp_is_measured(options):
    file = Image.fromarray(smooth()).convert("RGBA" if "exact" in options else "RGB")
    assert described(encode(file, "WEBP", **options))[:3] == ("WebP", 53, 37)


@pytest.mark.parametrize("marker", range(0xC0, 0xD0))
def test_every_frame_header_of_jpeg_is_known(marker):
    known = marker not in (0xC4, 0xC8, 0xCC)
    encoded = b"\xff\xd8" + JPEG_FRAME.replace(b"\xff\xc0", bytes([0xFF, marker]))
    assert described(encoded)[1:3] == ((53, 37) if known else (0, 0))


@pytest.mark.parametrize(
    "before",
    [
        b"\xff\xe0\0\2",
        b"\xff\xe1\0\x12" + JPEG_FRAME.replace(b"\x25", b"\x77") + b"\0\0\0",  # a frame header inside a segment
        b"\xff\xff\xff\xd0\xff\x01garbage\xff\0\xff\xfe\0\3x",
        b"\xff\xe0\0\0",  # a length that does not even hold itself
    ],
)
def test_frame_header_of_jpeg_is_found_behind_anything(before):
    assert described(b"\xff\xd8" + before + JPEG_FRAME)[:3] == ("JPEG", 53, 37)


@pytest.mark.parametrize(
    "rest", [b"", b"\xff", b"\xff\xe0", b"\xff\xe0\xff\xff", b"\xff\xd9" + JPEG_FRAME, b"x" * 9000, b"\xff\xd0" * 9000]
)
def test_jpeg_without_a_frame_header_has_no_size(rest):
    assert described(b"\xff\xd8" + rest) == ("JPEG", 0, 0, 1)


def test_screen_of_a_gif_grows_with_its_first_frame():
    frame = b"\x2c" + struct.pack("<4H", 5, 6, 20, 30) + b"\0\2\1\0\0\x3b"
    screen = b"GIF89a" + struct.pack("<2H", 21, 99) + b"\x80\0\0" + bytes(6)
    assert described(screen + b"\x21\xf9\4\0\0\0\0\0" + frame)[:3] == ("GIF", 25, 99)
    assert described(screen + b"\x3b") == ("GIF", 0, 0, 1)


def test_headers_and_orders_of_bmp_are_measured():
    for header in (40, 108, 124):
        for height in (7, -7):
            data = b"BM" + bytes(12) + struct.pack("<I2i", header, 12, height) + bytes(30)
            assert described(data)[:3] == ("BMP", 12, 7)
    for unknown in (12, 41, 64):  # 12 and 64 are those of OS/2
        assert described(b"BM" + bytes(12) + struct.pack("<I2i", unknown, 12, 7) + bytes(30))[:3] == ("BMP", 0, 0)


def test_other_bytes_have_no_format():
    assert described(b"") == described(b"\x89PNG") == described(b"RIFF____WAVE") == (None, 0, 0, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_cut_anywhere_is_no_error(kind):
    encoded = encode(Image.fromarray(np.zeros((3, 4, 3), np.uint8)), kind)
    for end in range(0, min(len(encoded), 60), 3):
        assert described(encoded[:end])[3] == 1
