"""Measures against cases whose answer is known beforehand."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import wasserstein_distance

from tools.compare_networks.measures import (
    DISTANCES,
    LARGEST_LAG,
    autocorrelation,
    color_distance,
    color_distribution,
    distances,
    high_frequency_ratio,
    orientation_distance,
    orientation_histogram,
    power_density,
    radial_spectrum,
    spectrum_distance,
    structural_similarity,
)


def white_noise(seed=0, shape=(96, 128)):
    return np.random.default_rng(seed).uniform(0, 1, (*shape, 3))


def blurred(image, sigma):
    return ndimage.gaussian_filter(image, (sigma, sigma, 0), mode="wrap")


def stripes(degrees, side=96, period=8.0):
    """A gray wave whose brightness changes along a direction, measured from the right, downward."""
    y, x = np.mgrid[:side, :side]
    along = x * np.cos(np.deg2rad(degrees)) + y * np.sin(np.deg2rad(degrees))
    return np.repeat(0.5 + 0.4 * np.sin(2 * np.pi * along / period)[..., None], 3, axis=2)


def test_a_picture_has_no_distance_to_itself():
    image = blurred(white_noise(), 2)
    assert distances(image, image) == {measure.name: 0 for measure in DISTANCES}
    assert high_frequency_ratio(image, image) == 1


@pytest.mark.parametrize("image", [np.full((32, 40, 3), 0.3), white_noise(shape=(17, 16))], ids=["flat", "tiny"])
def test_flat_and_tiny_pictures_have_finite_distances(image):
    values = distances(image, blurred(white_noise(), 1))
    assert np.isfinite(list(values.values())).all()
    assert np.isfinite(high_frequency_ratio(image, image))


def test_two_samples_of_one_texture_are_close_whatever_their_sizes():
    same = distances(white_noise(1, (64, 64)), white_noise(2, (128, 160)))
    other = distances(white_noise(1, (64, 64)), blurred(white_noise(3), 1))
    assert all(same[name] < 0.3 * other[name] for name in ("spectrum", "color", "autocorrelation"))
    assert same["orientation"] < 4


def test_white_noise_has_its_variance_at_every_frequency():
    gray = np.repeat(np.random.default_rng(0).normal(0.5, 0.1, (128, 96, 1)), 3, axis=2)
    power, frequency = power_density(gray)
    assert np.mean(power[frequency > 0.1]) == pytest.approx(0.01, rel=0.05)
    assert radial_spectrum(gray)[-4:] == pytest.approx(-20, abs=0.8)


def test_spectrum_sees_blur_and_frequency_ratio_its_direction():
    noise = white_noise()
    mild, strong = blurred(noise, 0.5), blurred(noise, 2)
    near, far = (spectrum_distance(*map(radial_spectrum, (noise, image))) for image in (mild, strong))
    assert 0 < near < far
    assert far > 10
    assert high_frequency_ratio(strong, noise) < 0.05 < high_frequency_ratio(mild, noise) < 1
    assert high_frequency_ratio(noise, strong) > 20


def test_spectrum_of_a_chequerboard_is_in_the_last_band():
    board = np.repeat(np.indices((64, 64)).sum(axis=0)[..., None] % 2 * 1.0, 3, axis=2)
    assert np.nanargmax(radial_spectrum(board)) == len(radial_spectrum(board)) - 1


@pytest.mark.parametrize(("first", "second", "degrees"), [(10, 30, 20), (0, 60, 60), (0, 90, 90), (10, 170, 20)])
def test_orientation_distance_is_the_angle_that_stripes_turn(first, second, degrees):
    moved = orientation_distance(*(orientation_histogram(stripes(angle)) for angle in (first, second)))
    assert moved == pytest.approx(degrees, abs=5)


def test_color_distance_agrees_with_scipy_on_every_channel():
    first, second = white_noise(1) ** 2, white_noise(2, (50, 60))
    quantiles = np.abs(color_distribution(first) - color_distribution(second)).mean(axis=1)
    oracle = [wasserstein_distance(first[..., c].ravel(), second[..., c].ravel()) for c in range(3)]
    assert quantiles[:3] == pytest.approx(oracle, rel=0.01)


def test_recoloring_at_equal_luminance_changes_the_color_distance_alone():
    image = 0.3 + 0.4 * blurred(white_noise(), 1)
    tint = np.array([0.0722, 0.0, -0.2126])
    values = distances(image + tint, image)
    assert values.pop("color") > 0.05
    assert max(values.values()) < 1e-6


def test_color_distance_ignores_place_and_sees_swapped_channels():
    image = white_noise() * (1.0, 0.6, 0.2)
    shuffled = np.random.default_rng(0).permutation(image.reshape(-1, 3)).reshape(image.shape)
    described = color_distribution(image)
    assert color_distance(described, color_distribution(shuffled)) == pytest.approx(0, abs=1e-12)
    assert color_distance(described, color_distribution(image[..., ::-1])) > 0.1


def test_autocorrelation_of_a_wave_is_a_cosine():
    correlation = autocorrelation(stripes(0, side=160, period=8))
    wave = np.cos(2 * np.pi * np.arange(LARGEST_LAG + 1) / 8)
    assert correlation[LARGEST_LAG] == pytest.approx(wave, abs=0.02)
    assert correlation[:, 0] == pytest.approx(1, abs=0.02)


def test_autocorrelation_agrees_with_a_loop():
    gray = np.random.default_rng(3).uniform(0, 1, (20, 23))
    centered = gray - gray.mean()
    down, right = 3, 5
    loop = np.mean(centered[:-down, :-right] * centered[down:, right:]) / gray.var()
    assert autocorrelation(np.repeat(gray[..., None], 3, axis=2))[LARGEST_LAG + down, right] == pytest.approx(loop)


def test_similarity_is_one_with_itself_symmetric_and_falls_with_noise():
    image, noise = blurred(white_noise(), 2), white_noise(5) - 0.5
    little, much = image + 0.05 * noise, image + 0.2 * noise
    assert structural_similarity(image, image) == pytest.approx(1)
    assert structural_similarity(image, much) == pytest.approx(structural_similarity(much, image))
    assert 1 > structural_similarity(image, little) > structural_similarity(image, much) > 0


def test_similarity_agrees_with_the_definition_at_one_place():
    first, second = (np.repeat(np.random.default_rng(s).uniform(0, 1, (11, 11, 1)), 3, axis=2) for s in (1, 2))
    bell = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window = np.outer(bell, bell) / bell.sum() ** 2
    x, y = first[..., 0], second[..., 0]
    mx, my = np.sum(window * x), np.sum(window * y)
    vx, vy, cov = (np.sum(window * a * b) for a, b in ((x - mx, x - mx), (y - my, y - my), (x - mx, y - my)))
    expected = (2 * mx * my + 1e-4) * (2 * cov + 9e-4) / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))
    assert structural_similarity(first, second) == pytest.approx(expected)


def test_similarity_refuses_pictures_of_different_sizes():
    with pytest.raises(ValueError, match="equal size"):
        structural_similarity(white_noise(), white_noise(shape=(32, 32)))
