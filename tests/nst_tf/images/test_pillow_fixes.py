"""A canary: what `pillow_fixes` takes for granted of Pillow, which promises none of it."""

import numpy as np
import pytest
from PIL import Image

from nst_tf.images.pillow_fixes import select_low_bytes
from nst_tf.images.writing import save_image

PIXELS = np.arange(0x0102, 0x0102 + 12 * 257, 257, np.uint16).reshape(2, 2, 3)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_raw_modes_of_sixteen_bits_give_one_byte_of_two_by_their_order(mode):
    data = bytes(range(2 * len(mode)))
    assert Image.frombytes(mode, (1, 1), data, "raw", f"{mode};16B").tobytes() == data[::2]
    assert Image.frombytes(mode, (1, 1), data, "raw", f"{mode};16L").tobytes() == data[1::2]


def test_raw_modes_of_single_planes_are_known():
    for order, byte in (("B", 0), ("L", 1)):
        plane = Image.frombytes("RGB", (1, 1), bytes([7, 9]), "raw", f"G;16{order}")
        assert plane.getpixel((0, 0)) == (0, (7, 9)[byte], 0)


@pytest.mark.parametrize(("kind", "rawmode"), [("PNG", "RGB;16B"), ("TIFF", "RGB;16N")])
def test_tiles_of_an_opened_file_name_their_raw_mode_and_decide_the_bytes(kind, rawmode, tmp_path):
    path = tmp_path / f"deep.{kind.lower()}"
    save_image(path, PIXELS / 65535, bit_depth=16)
    with Image.open(path) as file:
        arguments = file.tile[0].args
        assert rawmode in (arguments, arguments[0])
        np.testing.assert_array_equal(np.asarray(file), PIXELS >> 8)
    with Image.open(path) as file:
        assert select_low_bytes(file) == (0, 1, 2)
        np.testing.assert_array_equal(np.asarray(file), PIXELS & 255)
