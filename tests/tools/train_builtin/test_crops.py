"""Crops of the corpus, as the network sees them."""

import keras
import numpy as np
import pytest

from tools.train_builtin.crops import Augmentation, Crops
from tools.train_builtin.vgg19 import CHANNEL_MEANS, INPUT_SCALE


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)


def cut(pictures, indices, **options):
    crops = Crops(pictures, **options)(np.asarray(indices, np.int32))
    return keras.ops.convert_to_numpy(crops)


def as_rgb(crops):
    """Undo the preprocessing: 0 to 255."""
    return (crops * INPUT_SCALE + np.float32(CHANNEL_MEANS))[..., ::-1]


def test_without_augmentation_a_crop_is_a_piece_of_the_picture(pictures):
    crops = cut(pictures, [3, 0], crop=16, augmentation=Augmentation.none(0.5))
    assert crops.shape == (2, 16, 16, 3)
    np.testing.assert_allclose(as_rgb(crops), pictures[[3, 0], 8:24, 8:24], atol=1e-3)


def test_preprocessing_is_that_of_keras(pictures):
    crops = cut(pictures, [1], crop=32, augmentation=Augmentation.none(1.0))
    wanted = keras.applications.vgg19.preprocess_input(pictures[[1]].astype(np.float32))
    np.testing.assert_allclose(crops * INPUT_SCALE, wanted, atol=1e-3)


def test_views_of_one_picture_follow_each_other(pictures):
    crops = cut(pictures, [4, 2], crop=16, views=2, augmentation=Augmentation.none(0.5))
    np.testing.assert_array_equal(crops[0], crops[1])
    np.testing.assert_allclose(as_rgb(crops[2:]), np.repeat(pictures[[2], 8:24, 8:24], 2, axis=0), atol=1e-3)


def test_augmented_crops_differ_and_stay_in_range(pictures):
    crops = as_rgb(cut(pictures, [0] * 16, crop=16, augmentation=Augmentation()))
    assert crops.min() > -1e-3
    assert crops.max() < 255.001
    assert np.abs(crops[1:] - crops[:1]).mean((1, 2, 3)).min() > 10


def test_the_same_seed_cuts_the_same_crops(pictures):
    options = {"crop": 16, "augmentation": Augmentation(), "seed": 7}
    np.testing.assert_array_equal(cut(pictures, [0, 1], **options), cut(pictures, [0, 1], **options))


def test_outside_of_the_picture_it_is_mirrored(pictures):
    crops = as_rgb(cut(pictures, [0], crop=64, augmentation=Augmentation.none(2.0)))[0]
    np.testing.assert_allclose(crops[16:48, 16:48], pictures[0], atol=1e-3)
    np.testing.assert_allclose(crops[15, 16:48], pictures[0, 1], atol=1e-3)


def test_gray_crops_have_no_color(pictures):
    options = vars(Augmentation.none(0.5)) | {"gray": 1.0}
    crops = as_rgb(cut(pictures, [0], crop=16, augmentation=Augmentation(**options)))
    np.testing.assert_allclose(np.ptp(crops, axis=-1), 0, atol=1e-3)
    np.testing.assert_allclose(crops[0].mean(-1), pictures[0, 8:24, 8:24].mean(-1), atol=1e-3)


def test_crops_of_much_more_than_their_own_pixels_do_not_alias():
    stripes = np.zeros((1, 64, 64, 3), np.uint8)
    stripes[:, :, ::2] = 254
    coarse = as_rgb(cut(stripes, [0], crop=32, augmentation=Augmentation.none(1.0)))
    np.testing.assert_allclose(coarse, 127, atol=1)
    fine = as_rgb(cut(stripes, [0], crop=32, augmentation=Augmentation.none(0.5)))
    np.testing.assert_allclose(fine[0], stripes[0, 16:48, 16:48], atol=1e-3)


def test_halved_pictures_lie_where_the_pictures_lie():
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8)[:, None] * 3, (64, 3))
    picture = np.broadcast_to(ramp, (1, 64, 64, 3)).copy()
    crop = as_rgb(cut(picture, [0], crop=16, augmentation=Augmentation.none(0.75)))
    wanted = 3 * (31.5 + 3 * (np.arange(16) - 7.5))
    np.testing.assert_allclose(crop[0, 8, :, 0], wanted, atol=0.6)
