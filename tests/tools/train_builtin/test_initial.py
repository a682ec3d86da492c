"""The filters that a training begins with."""

import numpy as np

from tools.train_builtin.initial import drawn_filters, initial_filters


def responses(picture):
    """What each drawn filter answers to a picture `(H, W, 3)` away from its border, `(H-2, W-2, 64)`."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (3, 3), axis=(0, 1))
    return np.einsum("hwcij,ijcf->hwf", windows, drawn_filters())


def test_drawn_filters_are_64_different_ones_of_norm_one():
    filters = drawn_filters()
    assert filters.shape == (3, 3, 3, 64)
    np.testing.assert_allclose(np.linalg.norm(filters.reshape(27, 64), axis=0), 1.0)
    likeness = filters.reshape(27, 64).T @ filters.reshape(27, 64) - np.eye(64)
    assert likeness.max() < 0.999


def test_spots_tell_every_color_and_nothing_else_answers_to_flat_pictures():
    colors = np.random.default_rng(0).random((5, 3))
    answers = np.stack([responses(np.broadcast_to(color, (3, 3, 3)))[0, 0] for color in colors])
    spots = np.abs(answers).max(axis=0) > 1e-9
    assert spots.sum() == 20
    assert np.linalg.matrix_rank(drawn_filters()[..., spots].sum(axis=(0, 1))) == 3


def test_noise_of_the_finest_scale_is_seen_in_brightness_and_in_color():
    board = np.indices((6, 6)).sum(axis=0) % 2 * 2.0 - 1
    for color in np.eye(3):
        assert np.abs(responses(board[:, :, None] * color)).max() > 0.1


def test_other_layers_begin_smooth_and_without_a_mean():
    kernel = initial_filters((3, 3, 64, 16), np.random.default_rng(0))
    assert kernel.dtype == np.float32
    np.testing.assert_allclose(kernel.sum(axis=(0, 1)), 0, atol=1e-6)
    assert initial_filters((3, 3, 3, 8), np.random.default_rng(0)).shape == (3, 3, 3, 8)
