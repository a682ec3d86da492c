"""The drawn corpus: reproducible, varied, never empty."""

import numpy as np
import pytest

from tools.train_builtin.pictures import corpus


def test_a_picture_depends_on_seed_and_number_alone():
    alone = corpus.draw_picture(3, 5, size=64)
    in_a_row = list(corpus.draw_corpus(3, 7, size=64, workers=1))
    assert np.array_equal(alone, in_a_row[5])
    assert not np.array_equal(alone, in_a_row[4])
    assert not np.array_equal(alone, corpus.draw_picture(4, 5, size=64))


def test_processes_draw_the_same_pictures():
    one = list(corpus.draw_corpus(1, 6, size=48, workers=1))
    two = list(corpus.draw_corpus(1, 6, size=48, workers=2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("family", corpus.FAMILIES, ids=lambda family: family.__name__)
def test_every_family_draws_something(family):
    for seed in range(4):
        picture = family(np.random.default_rng(seed), 96)
        assert picture.shape == (96, 96, 3)
        assert np.isfinite(picture).all()
        assert np.clip(picture, 0, 1).std() > 0.02


def test_finished_pictures_use_the_range():
    pictures = np.stack([corpus.draw_picture(0, index, size=64) for index in range(40)])
    assert pictures.dtype == np.uint8
    assert (pictures.std((1, 2, 3)) > 4).all()
    assert pictures.min() < 20 < 235 < pictures.max()


def test_the_cache_is_read_back_and_checked(tmp_path):
    path = tmp_path / "pictures.npy"
    drawn = corpus.load_or_draw(path, seed=0, count=3, size=32, workers=1)
    assert np.array_equal(drawn, corpus.load_or_draw(path, seed=0, count=3, size=32, workers=1))
    with pytest.raises(ValueError, match="wanted"):
        corpus.load_or_draw(path, seed=0, count=4, size=32, workers=1)


def test_contact_sheet_has_a_row_for_the_rest():
    sheet = corpus.contact_sheet([np.zeros((8, 8, 3), np.uint8)] * 5, columns=2, thumb=16)
    assert sheet.size == (32, 48)
