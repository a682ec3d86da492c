"""Maps of colors, against NumPy's and SciPy's statistics."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import tensorflow as tf

from nst_tf.color_maps import (
    NOISE,
    Colors,
    linear_map,
    map_moments,
    match_mean_and_deviation,
    moments,
    rotations,
    sliced_transport,
    transport,
)
from nst_tf.config import COLOR_MAPS

SKEW = np.array([[0.3, 0.1, 0.05], [0.1, 0.2, -0.1], [0.0, 0.1, 0.25]])


def colors(array, alpha=None):
    return Colors(tf.constant(array, tf.float32), None if alpha is None else tf.constant(alpha, tf.float32))


@pytest.fixture
def source(rng):
    return 0.4 + 0.3 * (rng.random((1, 30, 44, 3)) - 0.5) @ SKEW


@pytest.fixture
def target(rng):
    return 0.5 + rng.standard_normal((1, 25, 31, 3)) @ (0.2 * SKEW[::-1])


@pytest.fixture
def alphas(rng):
    return rng.random((1, 30, 44, 1)), rng.random((1, 25, 31, 1)) > 0.6


def statistics(image, alpha=None):
    """NumPy's mean and covariance, weighted."""
    pixels = np.asarray(image, np.float64).reshape(-1, image.shape[-1])
    weights = None if alpha is None else np.asarray(alpha, np.float64).ravel()
    return np.average(pixels, axis=0, weights=weights), np.cov(pixels.T, bias=True, aweights=weights)


def test_moments_are_numpys(source, alphas):
    for alpha in (None, alphas[0]):
        mean, covariance = statistics(source, alpha)
        found = moments(colors(source, alpha))
        np.testing.assert_allclose(found.mean, mean, atol=1e-7)
        np.testing.assert_allclose(found.covariance, covariance, atol=1e-8)


@pytest.mark.parametrize("method", COLOR_MAPS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_mapped_colors_have_mean_and_covariance_of_the_others(method, weighted, compiled, source, target, alphas):
    of_source, of_target = alphas if weighted else (None, None)
    mapping = tf.function(map_moments) if compiled else map_moments
    mapped = mapping(colors(source, of_source), colors(target, of_target), method)
    found, wanted = statistics(mapped.numpy(), of_source), statistics(target, of_target)
    np.testing.assert_allclose(found[0], wanted[0], atol=1e-6)
    np.testing.assert_allclose(found[1], wanted[1], atol=1e-6)
    assert mapped.shape == source.shape
    assert np.abs(statistics(source)[1] - wanted[1]).max() > 0.002


def test_linear_maps_are_those_of_the_papers(source, target):
    s, t = statistics(source)[1], statistics(target)[1]
    root = scipy.linalg.sqrtm(s)
    inverse = np.linalg.inv(root)
    expected = {
        "cholesky": np.linalg.cholesky(t) @ np.linalg.inv(np.linalg.cholesky(s)),
        "pca": scipy.linalg.sqrtm(t) @ inverse,
        "monge": inverse @ scipy.linalg.sqrtm(root @ t @ root) @ inverse,
    }
    assert list(expected) == list(COLOR_MAPS)
    for method, matrix in expected.items():
        np.testing.assert_allclose(linear_map(tf.constant(s), tf.constant(t), method), matrix, atol=1e-8)


@pytest.mark.parametrize("method", COLOR_MAPS)
def test_noise_in_a_flat_picture_is_not_amplified_beyond_its_share(method, rng, target):
    flat = 0.5 + 0.1 * np.sqrt(NOISE) * rng.standard_normal((1, 30, 30, 3))
    mapped = map_moments(colors(flat), colors(target), method).numpy()
    mean, covariance = statistics(target)
    np.testing.assert_allclose(statistics(mapped)[0], mean, atol=1e-6)
    assert np.trace(statistics(mapped)[1]) < 0.02 * np.trace(covariance)


FLAT = np.full((1, 12, 14, 3), 0.25)
GRAY = np.linspace(0.1, 0.9, 12 * 14).reshape(1, 12, 14, 1) * np.ones(3)
ONE_CHANNEL = np.concatenate([GRAY[..., :1], FLAT[..., 1:]], axis=3)
ALMOST_FLAT = FLAT + 1e-7 * GRAY
DEGENERATE = {"flat": FLAT, "gray": GRAY, "one channel": ONE_CHANNEL, "almost flat": ALMOST_FLAT, "black": 0 * FLAT}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("method", [*COLOR_MAPS, "sliced"])
def test_gray_and_flat_pictures_give_finite_colors_near_the_others(name, method, target):
    def mapped(one, other):
        if method == "sliced":
            return sliced_transport(colors(one), colors(other)).numpy()
        return map_moments(colors(one), colors(other), method).numpy()

    poor = DEGENERATE[name]
    forth, back, alone = mapped(poor, target), mapped(target, poor), mapped(poor, poor)
    np.testing.assert_allclose(alone, poor, atol=2e-3)
    for result, wanted in ((forth, target), (back, poor)):
        assert np.isfinite(result).all()
        assert np.trace(statistics(result)[1]) <= 1.02 * np.trace(statistics(wanted)[1]) + 1e-5
    np.testing.assert_allclose(back.mean(axis=(0, 1, 2)), poor.mean(axis=(0, 1, 2)), atol=1e-2)
    if name in ("flat", "almost flat", "black"):
        assert np.ptp(forth, axis=(1, 2)).max() < 2e-3  # what is flat stays flat, up to rounding
    if name in ("gray", "flat", "black"):
        assert np.ptp(back, axis=3).max() < 5e-3  # colors become gray


def test_luminance_gets_mean_and_deviation_of_the_others(source, target, alphas):
    for of_source, of_target in ((None, None), alphas):
        one, other = (array[..., :1] for array in (source, target))
        mapped = match_mean_and_deviation(colors(one, of_source), colors(other, of_target)).numpy()
        for found, wanted in zip(statistics(mapped, of_source), statistics(other, of_target), strict=True):
            np.testing.assert_allclose(np.ravel(found), np.ravel(wanted), atol=1e-6)
    assert np.isfinite(match_mean_and_deviation(colors(FLAT[..., :1]), colors(target[..., :1]))).all()


def test_transport_maps_quantiles_to_quantiles(rng):
    values, wanted = np.round(rng.random(900), 2).astype(np.float32), (rng.random(700) ** 3).astype(np.float32)
    mapped = transport(tf.constant(values), tf.ones(900, tf.float64), tf.constant(wanted), tf.ones(700, tf.float64))
    ranks = (scipy.stats.rankdata(values, method="average") - 0.5) / 900
    np.testing.assert_allclose(mapped, np.quantile(wanted.astype(np.float64), ranks, method="hazen"), atol=1e-6)
    order = np.argsort(values)
    assert (np.diff(mapped.numpy()[order]) >= 0).all()
    assert len(np.unique(values)) >= len(np.unique(mapped)) > 50


def test_a_pixel_of_weight_two_counts_as_two_pixels(rng):
    values, wanted = rng.random(50).astype(np.float32), rng.random(40).astype(np.float32)
    weights, other = rng.integers(0, 3, 50), rng.integers(0, 3, 40)
    weighted = transport(*(tf.constant(each) for each in (values, weights.astype(float), wanted, other.astype(float))))
    twice, twice_wanted = np.repeat(values, weights), np.repeat(wanted, other)
    ones = [tf.ones(len(each), tf.float64) for each in (twice, twice_wanted)]
    repeated = transport(tf.constant(twice), ones[0], tf.constant(twice_wanted), ones[1])
    ranks = (scipy.stats.rankdata(twice) - 0.5) / len(twice)
    knots = np.array([np.cumsum(other[np.argsort(wanted)])]).ravel()
    positions = (knots - other[np.argsort(wanted)] / 2) / knots[-1]
    np.testing.assert_allclose(np.repeat(weighted, weights), np.interp(ranks, positions, np.sort(wanted)), atol=1e-6)
    np.testing.assert_allclose(np.repeat(weighted, weights), repeated, atol=0.05)


def test_one_pixel_can_be_mapped_and_be_mapped_to():
    one, three = tf.constant([0.3]), tf.constant([0.1, 0.2, 0.9])
    ones = [tf.ones(count, tf.float64) for count in (1, 3)]
    np.testing.assert_allclose(transport(one, ones[0], three, ones[1]), [0.2])
    np.testing.assert_allclose(transport(three, ones[1], one, ones[0]), [0.3] * 3)


def test_sliced_transport_brings_all_projections_close(source, target, alphas, rng):
    mapped = sliced_transport(colors(source, alphas[0]), colors(target, alphas[1])).numpy()
    for axis in rng.standard_normal((20, 3)):
        axis /= np.linalg.norm(axis)
        distances = [
            scipy.stats.wasserstein_distance(
                (each @ axis).ravel(), (target @ axis).ravel(), alphas[0].ravel(), alphas[1].ravel().astype(float)
            )
            for each in (source, mapped)
        ]
        assert distances[1] < 0.012 and distances[1] < distances[0] / 3, distances


def test_rotations_are_orthogonal_and_always_the_same():
    turns = rotations(5)
    np.testing.assert_allclose(np.abs(turns[-1][:, 0]), 3**-0.5)
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), (5, 3, 3)), atol=1e-12)
    np.testing.assert_array_equal(turns, rotations(5))
    assert np.abs(turns[1] - turns[2]).max() > 0.1
