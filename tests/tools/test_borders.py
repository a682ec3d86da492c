"""Known frames and dots are found, and nothing is where there is nothing."""

import numpy as np
import pytest

from tools.borders import dots, frame


@pytest.fixture
def texture(rng):
    return 0.5 + 0.1 * rng.random((120, 160, 3))


def test_a_picture_has_the_frame_of_its_photograph(texture):
    assert frame(texture, texture) == 1


@pytest.mark.parametrize("contrast", [0.1, 0.2])
def test_stripes_along_the_edges_are_a_frame(texture, contrast):
    framed = texture.copy()
    for inset in (1, 5):
        for part in (np.s_[inset, inset:-inset], np.s_[-inset - 1, inset:-inset]):
            framed[part] -= contrast
            framed.swapaxes(0, 1)[part] -= contrast
    assert frame(framed, texture) > 2
    assert frame(texture, framed) < 0.5


def test_dots_are_counted_in_the_upper_quarter_and_lines_are_none():
    picture = np.full((160, 100, 3), 0.5)
    for number in range(4):
        picture[10:13, 10 + 20 * number : 13 + 20 * number] = (0.8, 0.2)[number % 2]
    picture[100:103, 50:53] = 0.9  # below the sky
    picture[28:30] = 0.8
    assert dots(picture) == pytest.approx(1000 * 4 / (40 * 100))
    assert dots(np.full((160, 100, 3), 0.5)) == 0
