"""Measures against cases whose answer is known beforehand."""

import numpy as np
import pytest
from scipy import linalg, ndimage

from tools.compare_networks.measures import color_distance, power_density
from tools.judge.artifacts import PERIODS, band_power, peak, specks
from tools.judge.content import (
    cosine_distance,
    edge_similarity,
    edges,
    pooled,
    self_similarity,
    self_similarity_distance,
)
from tools.judge.oklab import oklab, palette
from tools.judge.style import Gaussian, coverage, gaussian, gaussian_distance, gram_distance, patches


@pytest.fixture
def features(rng):
    """Activations after a ReLU, smooth in space."""
    noise = ndimage.gaussian_filter(rng.standard_normal((40, 48, 6)), (2, 2, 0))
    return np.maximum(noise / noise.std() + 0.3, 0)


@pytest.fixture
def painting(rng):
    noise = ndimage.gaussian_filter(rng.standard_normal((192, 256, 3)), (1, 1, 0))
    return np.clip(0.5 + 0.1 * noise / noise.std(), 0, 1)


def columns(features):
    return features.reshape(-1, features.shape[-1])


def shuffled(features, rng):
    return rng.permutation(columns(features)).reshape(features.shape)


def chequered(image, period, height=0.04):
    """Add squares of half a period's side."""
    y, x = np.indices(image.shape[:2]) // (period // 2)
    return image + height * ((y + x) % 2 - 0.5)[..., None]


def spectrum(image):
    return power_density(image)[0]


def test_gaussian_distance_of_one_dimension_has_a_closed_form():
    first, second = Gaussian(np.array([3.0]), np.array([[4.0]])), Gaussian(np.array([1.0]), np.array([[25.0]]))
    assert gaussian_distance(first, second) == pytest.approx(((3 - 1) ** 2 + (2 - 5) ** 2) / (1 + 25))


def test_gaussian_distance_agrees_with_matrix_square_roots(rng):
    first, second = (gaussian(rng.standard_normal((50, 5)) @ rng.standard_normal((5, 5)) + 1) for _ in range(2))
    root = linalg.sqrtm(first.covariance)
    bures = first.covariance + second.covariance - 2 * linalg.sqrtm(root @ second.covariance @ root)
    expected = np.sum((first.mean - second.mean) ** 2) + np.trace(bures).real
    energy = np.sum(second.mean**2) + np.trace(second.covariance)
    assert gaussian_distance(first, second) == pytest.approx(expected / energy)


def test_gaussian_distance_of_fewer_positions_than_channels_is_finite(rng):
    first, second = (gaussian(rng.standard_normal((4, 9))) for _ in range(2))
    assert gaussian_distance(first, first) == pytest.approx(0, abs=1e-9)
    assert 0 < gaussian_distance(first, second) < 4


def test_gram_matrix_agrees_with_a_loop(features):
    loop = sum(np.outer(each, each) for each in columns(features)) / len(columns(features))
    assert gaussian(columns(features)).gram == pytest.approx(loop)
    doubled = gaussian(np.sqrt(2) * columns(features))
    assert gram_distance(doubled, gaussian(columns(features))) == pytest.approx(1)


def test_style_ignores_place_and_sees_blur(features, rng):
    own = gaussian(columns(features))
    moved = gaussian(columns(shuffled(features, rng)))
    blurred = gaussian(columns(ndimage.gaussian_filter(features, (3, 3, 0))))
    for distance in (gaussian_distance, gram_distance):
        assert distance(own, own) == pytest.approx(0, abs=1e-9)
        assert distance(moved, own) == pytest.approx(0, abs=1e-9)
        assert distance(blurred, own) > 0.01


def test_patches_lie_on_a_fixed_grid(features):
    cut = patches(np.dstack([features, np.ones((40, 48))]))
    assert cut.shape == (32 * 32, 9 * 7)
    assert cut[0].reshape(7, 3, 3)[:6] == pytest.approx(features[:3, :3].transpose(2, 0, 1))
    assert patches(features[:5, :4]).shape == (3 * 2, 54)


def test_coverage_is_full_with_itself_and_a_third_with_a_third_of_it(features, rng):
    style = patches(features)
    assert coverage(style, style) == 1
    assert coverage(rng.permutation(style), style) == 1
    assert coverage(np.repeat(style[:400], 3, axis=0), style) == pytest.approx(400 / 1024)
    assert coverage(np.zeros_like(style), style) == 1 / 1024


def test_style_covers_more_of_itself_than_something_blurred(features):
    style, between = patches(features), patches(features, offset=0.0)
    blurred = patches(ndimage.gaussian_filter(features, (3, 3, 0)))
    assert coverage(blurred, style) < coverage(between, style) < 1


def test_cells_are_averages(features):
    cells = pooled(features[:33, :48], 32)
    assert cells.shape == (32, 32, 6)
    assert cells[-1, 1] == pytest.approx(features[31:33, 1:3].mean(axis=(0, 1)))
    assert pooled(features[:40, :48], 8)[2, 3] == pytest.approx(features[10:15, 18:24].mean(axis=(0, 1)))
    assert pooled(features[:5, :4], 32) == pytest.approx(features[:5, :4])


def test_self_similarity_is_a_distribution_and_ignores_scale(features):
    own = self_similarity(features)
    assert np.exp(own).sum(axis=1) == pytest.approx(np.ones(len(own)))
    assert self_similarity_distance(self_similarity(7 * features), own) == pytest.approx(0, abs=1e-9)


def test_self_similarity_distance_is_a_divergence():
    first, second = np.log([[0.5, 0.5], [0.9, 0.1]]), np.log([[0.5, 0.5], [0.5, 0.5]])
    expected = (0 + 0.5 * np.log(0.5 / 0.9) + 0.5 * np.log(0.5 / 0.1)) / 2
    assert self_similarity_distance(first, second) == pytest.approx(expected)


def test_content_measures_see_shuffled_places_more_than_blur(features, rng):
    own, blurred, moved = features, ndimage.gaussian_filter(features, (1, 1, 0)), shuffled(features, rng)
    near, far = (self_similarity_distance(self_similarity(other), self_similarity(own)) for other in (blurred, moved))
    assert 0 < near < far
    assert 0 < cosine_distance(blurred, own) < cosine_distance(moved, own) < 1


def test_self_similarity_survives_another_rendering_of_the_same_places(features, rng):
    turned = features @ linalg.orth(rng.standard_normal((6, 6)))
    assert self_similarity_distance(self_similarity(turned), self_similarity(features)) < 0.1
    assert cosine_distance(turned, features) > 0.3


def test_cosine_distance_is_one_minus_the_cosine():
    first, second = np.array([[[1.0, 0.0], [0.0, 0.0]]]), np.array([[[1.0, 1.0], [1.0, 0.0]]])
    assert cosine_distance(first, second) == pytest.approx(1 - (np.sqrt(0.5) + 0) / 2)
    assert cosine_distance(second, 3 * second) == pytest.approx(0, abs=1e-12)


def test_edges_are_one_at_a_step_from_black_to_white():
    step = np.zeros((32, 64, 3))
    step[:, 32:] = 1
    steepness = edges(step)
    assert steepness.max() == pytest.approx(np.sqrt(2 * np.pi) * np.exp(-0.125) / np.sqrt(2 * np.pi), rel=0.05)
    assert steepness[:, :24].max() < 1e-6


def test_edges_ignore_brightness_and_suffer_from_blur_and_shuffling(painting, rng):
    own = edges(painting)
    assert edge_similarity(own, own) == pytest.approx(1)
    assert edge_similarity(edges(painting + 0.1), own) == pytest.approx(1)
    blurred, moved = edges(ndimage.gaussian_filter(painting, (2, 2, 0))), edges(shuffled(painting, rng))
    assert edge_similarity(moved, own) < 0.3
    assert edge_similarity(blurred, own) < 0.7


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ((1, 1, 1), (1, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 1, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 1), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_oklab_has_the_published_values(color, expected):
    assert oklab(color) == pytest.approx(expected, abs=2e-5)


def test_oklab_of_a_gray_is_the_cube_root_of_its_light():
    assert oklab([0.5, 0.5, 0.5]) == pytest.approx([0.2140411 ** (1 / 3), 0, 0], abs=1e-6)
    assert oklab([0.02, 0.02, 0.02])[0] == pytest.approx((0.02 / 12.92) ** (1 / 3), abs=1e-6)


def test_color_ignores_place_and_sees_a_shift_of_lightness(painting, rng):
    assert color_distance(palette(painting), palette(shuffled(painting, rng))) == pytest.approx(0, abs=1e-9)
    assert color_distance(palette(painting[..., ::-1]), palette(painting)) < 0.02
    assert color_distance(palette(np.full((8, 8, 3), 0.6)), palette(np.full((8, 8, 3), 0.4))) > 0.05


@pytest.mark.parametrize("period", PERIODS)
def test_a_chequerboard_raises_the_power_of_its_own_period(painting, period):
    plain, board = spectrum(painting), spectrum(chequered(painting, period))
    rise = {each: band_power(board, each) / band_power(plain, each) for each in PERIODS}
    assert max(rise, key=rise.get) == period
    assert rise[period] > 1.5
    assert peak(board, period) > 3
    assert peak(plain, period) < 2


def test_blur_lowers_the_power_of_short_periods(painting):
    plain, blurred = spectrum(painting), spectrum(ndimage.gaussian_filter(painting, (2, 2, 0)))
    assert band_power(blurred, 4) < 0.1 * band_power(plain, 4)
    assert band_power(blurred, 16) > 0.3 * band_power(plain, 16)


def test_specks_are_dots_of_another_hue(painting, rng):
    plain = np.full((64, 64, 3), 0.5)
    dotted = plain.copy()
    dotted[4::16, 4::16] = (0.9, 0.2, 0.5)
    assert specks(plain) == pytest.approx(0, abs=1e-9)
    assert specks(dotted) > 1
    assert specks(ndimage.gaussian_filter(dotted, (2, 2, 0))) < 0.05 * specks(dotted)
    assert specks(chequered(plain, 2)) < 1e-6  # of the same hue
