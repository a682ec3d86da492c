"""Decoding in a graph gives the library's own pixels, and refuses what it must before it costs anything."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from encoded_pictures import decoded, encode, smooth
from PIL import Image

from nst_tf import load_image, save_image
from nst_tf_serving import codecs

ROOT = Path(__file__).parents[2]

MODES = {
    "PNG": ("RGB", "L", "P", "1", "RGBA", "LA", "I;16", "PA"),
    "JPEG": ("RGB", "L", "CMYK"),
    "WEBP": ("RGB", "RGBA", "L"),
    "GIF": ("RGB", "L", "P", "RGBA", "1"),
    "BMP": ("RGB", "L", "P", "1", "RGBX"),
}
OPTIONS = {
    "JPEG": ({"progressive": True}, {"subsampling": 0}, {"subsampling": 1}, {"quality": 30}),
    "WEBP": ({"lossless": True}, {"quality": 20}),
    "PNG": ({"bits": 2},),
    "GIF": ({"interlace": 0}, {"transparency": 3}),
}


def in_mode(pixels, mode):
    """The picture in one of Pillow's modes; a corner is fully transparent and a stripe half, where that is possible."""
    file = Image.fromarray(pixels)
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 256 + pixels[..., 1])
    if mode in ("RGBA", "LA"):
        alpha = np.full(pixels.shape[:2], 255, np.uint8)
        alpha[:9, :11], alpha[20] = 0, 128
        file.putalpha(Image.fromarray(alpha))
        return file.convert(mode)
    if mode == "RGBX":
        return Image.fromarray(np.dstack([pixels, np.zeros_like(pixels[..., :1])]), "RGBX")
    return file.quantize(13) if mode in ("P", "PA") else file.convert(mode)


def variants():
    for kind, modes in MODES.items():
        yield from ((kind, mode, {}) for mode in modes)
        yield from ((kind, "P" if kind in ("GIF",) else "RGB", options) for options in OPTIONS.get(kind, ()))


@pytest.mark.parametrize(("kind", "mode", "options"), list(variants()), ids=str)
def test_pixels_are_the_library_s(kind, mode, options, tmp_path):
    pixels = smooth()
    if "bits" in options:
        mode, file = "P", Image.fromarray(pixels).quantize(4)
    else:
        file = in_mode(pixels, mode)
    file = file.convert("P") if mode == "PA" else file
    options = {"transparency": 3} if mode == "PA" else options
    encoded = encode(file, kind, **options)
    (tmp_path / "file").write_bytes(encoded)
    np.testing.assert_allclose(decoded(encoded), load_image(tmp_path / "file")[0], atol=1e-6, rtol=0)
