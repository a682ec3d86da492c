import numpy as np
import pytest

from nst_tf.blocks import ALIGNMENT, HALO, divide, fits_in_one, halo, relative_cost


@pytest.mark.parametrize("size", [(1, 1), (16, 400), (129, 80), (321, 333), (1000, 700)])
@pytest.mark.parametrize("side", [80, 100, 256])
def test_every_pixel_has_one_owner_and_its_halo(size, side):
    owners = np.zeros(size, int)
    for block in divide(size, side):
        top, left, bottom, right = block.box
        owners[top:bottom, left:right] += 1
        assert 0 < bottom - top <= side
        assert 0 < right - left <= side
        assert all(start % ALIGNMENT == 0 for start in (*block.box[:2], *block.crop[:2]))
        assert block.crop[:2] == (max(0, top - HALO), max(0, left - HALO))
        assert block.crop[2:] == (min(size[0], bottom + HALO), min(size[1], right + HALO))
        inner = np.zeros(size, bool)[block.seen[1:]].shape
        assert block.inner[2:] <= inner
    assert (owners == 1).all()


def test_layers_after_conv5_1_see_more():
    assert [halo([f"block5_conv{number}"]) for number in (1, 2, 4)] == [80, 96, 128]
    assert halo(["block1_conv1"]) == HALO


def test_a_picture_of_a_blocks_size_is_one_block():
    assert fits_in_one((256, 100), 256)
    assert not fits_in_one((257, 100), 256)
    assert len(list(divide((256, 100), 256))) == 1


def test_the_cost_of_blocks_is_one_and_a_half_times_what_is_seen():
    assert relative_cost((640, 480), "whole") == relative_cost((640, 480), 640) == 1
    assert relative_cost((320, 64), 160) == pytest.approx(1.5 * (240 + 240) / 320)
    assert 1.9 < relative_cost((8192, 8192), 1024) < 1.5 * (1184 / 1024) ** 2 + 1e-9 < 2.1
