"""Decoding in a graph gives the library's own pixels, and refuses what it must before it costs anything."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers.encoded_pictures import MAX_BYTES, decoded, encode, exports, smooth
from PIL import Image

from nst_tf import load_image, save_image
from nst_tf_serving.graph.codecs import picture as codecs

ROOT = Path(__file__).parents[2]

MODES = {
    "PNG": ("RGB", "L", "P", "1", "RGBA", "LA", "I;16"),
    "JPEG": ("RGB", "L", "CMYK"),
    "WEBP": ("RGB", "RGBA", "L"),
    "GIF": ("RGB", "L", "P", "RGBA", "1"),
    "BMP": ("RGB", "L", "P"),
}
OPTIONS = {
    "JPEG": ({"progressive": True}, {"subsampling": 0}, {"subsampling": 1}, {"quality": 30}),
    "WEBP": ({"lossless": True}, {"quality": 20}),
    "PNG": ({"bits": 2}, {"transparency": 3}),
    "GIF": ({"interlace": 0}, {"transparency": 3}),
}


def in_mode(pixels, mode):
    """The picture in one of Pillow's modes; a corner is fully transparent and a line half, where that is possible."""
    file = Image.fromarray(pixels)
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 256 + pixels[..., 1])
    if mode in ("RGBA", "LA"):
        alpha = np.full(pixels.shape[:2], 255, np.uint8)
        alpha[:9, :11], alpha[20] = 0, 128
        file.putalpha(Image.fromarray(alpha))
    return file.quantize(4) if mode == "P" else file.convert(mode)


def variants():
    for kind, modes in MODES.items():
        yield from ((kind, mode, {}) for mode in modes)
        special = "P" if kind in ("GIF", "PNG") else "RGB"
        yield from ((kind, special, options) for options in OPTIONS.get(kind, ()))


def from_library(encoded, folder):
    (folder / "file").write_bytes(encoded)
    return load_image(folder / "file")[0]


@pytest.mark.parametrize(("kind", "mode", "options"), list(variants()), ids=str)
def test_pixels_are_the_library_s(kind, mode, options, tmp_path):
    encoded = encode(in_mode(smooth(), mode), kind, **options)
    rounded = mode in ("RGBA", "LA", "I;16") or "transparency" in options  # a mean, or 16 bits
    tolerance = 1e-5 if rounded else 0
    np.testing.assert_allclose(decoded(encoded), from_library(encoded, tmp_path), atol=tolerance, rtol=0)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (17, 9)])
@pytest.mark.parametrize("kind", MODES)
def test_narrow_pictures_keep_their_pixels(kind, size, tmp_path):
    encoded = encode(Image.fromarray(smooth(*size)), kind)
    np.testing.assert_array_equal(decoded(encoded), from_library(encoded, tmp_path))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_come_out_upright(kind, orientation, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    encoded = encode(Image.fromarray(smooth()), kind, exif=exif)
    picture = decoded(encoded)
    assert picture.shape == ((53, 37, 3) if orientation > 4 else (37, 53, 3))
    np.testing.assert_array_equal(picture, from_library(encoded, tmp_path))


def test_first_frame_of_a_gif_lies_on_its_screen(tmp_path):
    first, second = (Image.fromarray(smooth()).quantize(7) for _ in range(2))
    encoded = encode(first, "GIF", save_all=True, append_images=[second.rotate(180)], comment=b"x" * 700)
    np.testing.assert_array_equal(decoded(encoded), from_library(encoded, tmp_path))
    at = encoded.index(b"\x2c\0\0\0\0" + struct.pack("<2H", 53, 37))
    moved = bytearray(encoded)
    moved[at + 1 : at + 5] = struct.pack("<2H", 4, 9)
    np.testing.assert_array_equal(decoded(bytes(moved)), from_library(moved, tmp_path))
    assert decoded(bytes(moved)).shape == (46, 57, 3)


def chunk(tag, data):
    return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))


def deep_png(color, channels):
    """A PNG of 16 bits that Pillow can't write."""
    rows = np.random.default_rng(2).integers(0, 2**16, (5, 6, channels)).astype(">u2")
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">2I5B", 6, 5, 16, color, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("color", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_sixteen_bits_are_read_as_the_library_reads_them(color, channels, tmp_path):
    encoded = deep_png(color, channels)
    np.testing.assert_allclose(decoded(encoded), from_library(encoded, tmp_path), atol=1e-6, rtol=0)


def bmp(width, height, bits, *, palette=b""):
    """A BMP of random pixels with bits and order of rows that Pillow can't write."""
    stride = (width * bits + 31) // 32 * 4
    rows = np.random.default_rng(1).integers(0, 256, stride * abs(height), np.uint8).tobytes()
    header = struct.pack("<I2i2H6I", 40, width, height, 1, bits, 0, len(rows), 0, 0, 0, 0)
    start = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<I2HI", start + len(rows), 0, 0, start) + header + palette + rows


@pytest.mark.parametrize("bits", [8, 24, 32])
def test_every_plain_bmp_is_read(bits, tmp_path):
    colors = np.random.default_rng(0).integers(0, 256, (2**bits, 4), np.uint8) if bits <= 8 else b""
    for height in (5, -5):
        encoded = bmp(13, height, bits, palette=bytes(colors))
        np.testing.assert_array_equal(decoded(encoded), from_library(encoded, tmp_path))


def test_colors_of_a_bmp_beyond_its_palette_are_black(tmp_path):
    encoded = bytearray(bmp(13, 5, 8, palette=bytes(range(100, 132))))
    encoded[46] = 8  # colors in use; the random pixels name others, too
    picture = decoded(bytes(encoded))
    np.testing.assert_array_equal(picture, from_library(encoded, tmp_path))
    assert (picture == 0).all(axis=2).mean() > 0.9


def test_encode_writes_what_save_image_writes(tmp_path):
    image = np.random.default_rng(3).uniform(-0.1, 1.1, (5, 7, 3)).astype(np.float32)
    image[0] = (np.arange(7)[:, None] + 0.5) / 255  # halves
    save_image(tmp_path / "file.png", image)
    ours = Image.open(io.BytesIO(codecs.encode(tf.constant(image)).numpy()))
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(Image.open(tmp_path / "file.png")))


def refused(encoded, sentence=None):
    with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
        decoded(encoded)


def test_what_is_no_picture_is_refused_with_a_sentence():
    refused(b"", "unknown format")
    refused(b"II*\0 a TIFF", "unknown format; send PNG, JPEG, WebP, GIF or BMP")
    refused(bytes(MAX_BYTES + 1), "may have 200000 bytes; got 200001")
    refused(encode(Image.new("RGB", (200, 101)), "PNG"), "may have 20000 pixels; got 200 x 101")
    refused(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)), "gives no width and height")


@pytest.mark.parametrize("kind", MODES)
def test_cut_off_files_are_refused(kind):
    encoded = encode(Image.fromarray(smooth()), kind)
    for part in (0.3, 0.6, 0.9):
        refused(encoded[: int(part * len(encoded))])


def test_kinds_that_are_not_read_are_refused_with_a_sentence():
    file = Image.fromarray(smooth())
    turned = file.rotate(180)
    refused(encode(file, "WEBP", save_all=True, append_images=[turned]), "animated WebP; send a single frame")
    for bits in (1, 4, 16):
        refused(bmp(4, 4, bits), "BMP must be uncompressed, with 8, 24, 32 bits; send a PNG instead")
    of_os2 = struct.pack("<I2HI", 38, 0, 0, 26) + struct.pack("<I4H", 12, 2, 2, 1, 24) + bytes(16)
    refused(b"BM" + of_os2, "no width and height; it is damaged or of a rare kind. Send a PNG instead")
    png = encode(file, "PNG")
    refused(
        png[:33] + 17 * chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(99))) + png[33:], "more than 16 compressed texts"
    )
    progressive = encode(file, "JPEG", progressive=True)
    scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    refused(progressive[:-2] + 100 * scan + b"\xff\xd9", "more than 100 scans")


@pytest.mark.parametrize("lossless", [False, True])
def test_a_webp_whose_canvas_is_not_its_picture_is_refused(lossless):
    picture = encode(Image.fromarray(smooth(200, 150)), "WEBP", lossless=lossless)[12:]
    canvas = b"VP8X" + struct.pack("<2I", 10, 0) + b"\x09\0\0" * 2
    refused(b"RIFF" + struct.pack("<I", 4 + len(canvas + picture)) + b"WEBP" + canvas + picture, "webp")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A saved model of the decoder and of what it reads from headers."""
    folder = tmp_path_factory.mktemp("exported") / "1"
    tf.saved_model.save(tf.Module(), str(folder), signatures=exports())
    return folder


def test_a_saved_model_survives_in_a_session(exported):
    """Several pictures, bombs and malformed files; in a process of its own, as a crash would end it."""
    script = ROOT / "tests" / "helpers" / "fresh_process.py"
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "serving", "tests"))
    result = subprocess.run(
        [sys.executable, script, exported],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr[-4000:]
