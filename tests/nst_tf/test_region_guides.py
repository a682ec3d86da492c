"""Regions in the network: guided Gram matrices against loops, propagation against perturbed pixels."""

import numpy as np
import pytest
import tensorflow as tf

from nst_tf import feature_model
from nst_tf.guides import grow, region_guides, region_shares, soften
from nst_tf.losses import channel_products, gram_matrix

LAYERS = ("block1_conv1", "block1_conv2", "block2_conv1", "block3_conv2")
SIZE = (61, 70)


@pytest.fixture(scope="module")
def mask():
    """Two regions of hard edges that overlap and leave a part out."""
    regions = np.zeros((1, *SIZE, 2), np.float64)
    regions[0, :46, 3:45, 0] = 1
    regions[0, 14:, 22:, 1] = 1
    return regions


@pytest.fixture(scope="module")
def seen(mask):
    """For each layer and region, whether a position changes with the pixels inside, and with those outside."""
    network = feature_model(LAYERS, weights="random", dtype="float64")
    for weight in (w for layer in network.layers for w in layer.weights):
        weight.assign(tf.abs(weight) + 1e-3)  # so that no change is lost in a ReLU, or cancels
    rng = np.random.default_rng(0)
    image = rng.uniform(0.6, 0.7, (1, *SIZE, 3))
    found = {}
    for r in range(2):
        for where, part in (("inside", mask[..., r : r + 1]), ("outside", 1 - mask[..., r : r + 1])):
            changed = network(image + 0.25 * part)
            before = network(image)
            for name in LAYERS:
                found[name, r, where] = np.abs(changed[name] - before[name]).max(axis=3)[0] > 1e-9
    return found


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("region", [0, 1])
def test_regions_propagate_to_the_positions_that_see_them(layer, region, mask, seen):
    touched, beyond = seen[layer, region, "inside"], seen[layer, region, "outside"]
    for propagation, expected in (("all", touched), ("inside", touched & ~beyond)):
        guides = region_guides(tf.constant(mask), [layer], propagation)[layer][0, :, :, region].numpy()
        np.testing.assert_array_equal(guides > 0, expected)
        np.testing.assert_allclose(np.mean(guides**2), 1)


def test_simple_propagation_is_the_mean_of_the_pooled_pixels(rng):
    regions = rng.random((1, 9, 14, 3))
    guides = region_guides(tf.constant(regions), ["block2_conv2"], "simple")["block2_conv2"].numpy()
    for y, x, r in np.ndindex(4, 7, 3):
        pooled = regions[0, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2, r].mean()
        cropped = regions[0, :8, :, r].mean()
        np.testing.assert_allclose(guides[0, y, x, r] ** 2, pooled / cropped)


def test_region_too_narrow_for_inside_counts_as_with_simple(mask):
    line = np.zeros((1, 40, 40, 2), np.float32)
    line[:, :, 20:22, 0] = line[:, :, 8:, 1] = 1
    both = {
        how: region_guides(tf.constant(line), ["block3_conv1"], how)["block3_conv1"] for how in ("inside", "simple")
    }
    np.testing.assert_array_equal(both["inside"][..., 0], both["simple"][..., 0])
    assert np.any(both["inside"][..., 1] != both["simple"][..., 1])


def test_region_without_pixels_has_no_positions():
    empty = tf.zeros((1, 16, 16, 1))
    for propagation in ("simple", "all", "inside"):
        assert not np.any(region_guides(empty, ["block2_conv1"], propagation)["block2_conv1"])


def test_guided_products_against_loops(rng):
    features, guides = rng.standard_normal((1, 4, 5, 3)), rng.random((1, 4, 5, 2))
    expected = np.zeros((2, 3, 3))
    for r, y, x, i, j in np.ndindex(2, 4, 5, 3, 3):
        expected[r, i, j] += guides[0, y, x, r] ** 2 * features[0, y, x, i] * features[0, y, x, j]
    products = channel_products(tf.constant(features), tf.constant(guides))
    np.testing.assert_allclose(products, expected, rtol=1e-12)
    np.testing.assert_allclose(gram_matrix(tf.constant(features), tf.constant(guides)), expected / 20, rtol=1e-12)


def test_gradient_of_guided_products_is_that_of_the_plain_ones(rng):
    features, guides = tf.constant(rng.standard_normal((1, 4, 5, 3))), tf.constant(rng.random((1, 4, 5, 2)))
    upstream = tf.constant(rng.standard_normal((2, 3, 3)))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        guided = tf.reduce_sum(upstream * channel_products(features, guides))
        parts = [tf.reshape(features * guides[..., r : r + 1], (20, 3)) for r in range(2)]
        plain = tf.reduce_sum(upstream * tf.stack([tf.matmul(part, part, transpose_a=True) for part in parts]))
    np.testing.assert_allclose(tape.gradient(guided, features), tape.gradient(plain, features), rtol=1e-12)


@pytest.mark.parametrize("pixels", [0, 1, 3, -2])
def test_growth_moves_edges_by_pixels(pixels):
    square = np.zeros((1, 20, 20, 1), np.float32)
    square[:, 6:13, 7:15] = 1
    expected = np.zeros((1, 20, 20, 1), np.float32)
    expected[:, 6 - pixels : 13 + pixels, 7 - pixels : 15 + pixels] = 1
    np.testing.assert_array_equal(grow(tf.constant(square), pixels), expected)


def test_soft_edge_lies_inside():
    square = np.zeros((1, 30, 30, 1), np.float32)
    square[:, 10:, 5:25] = 1
    soft = soften(tf.constant(square), 3).numpy()
    assert not soft[square == 0].any()
    np.testing.assert_allclose(soft[0, 25, 5:12, 0], np.clip(np.arange(1, 8) / 7, 0, 1), atol=1e-6)
    np.testing.assert_array_equal(soft[0, 20:, 12:18, 0], 1)  # the picture's own border is no edge


def test_shares_are_those_of_the_visible_pixels(rng):
    regions, alpha = rng.random((1, 5, 6, 2)), rng.random((1, 5, 6, 1))
    expected = [np.average(regions[0, :, :, r], weights=alpha[0, :, :, 0]) for r in range(2)]
    np.testing.assert_allclose(region_shares(tf.constant(alpha), tf.constant(regions)), expected)
    np.testing.assert_allclose(region_shares(None, tf.constant(regions)), regions.mean(axis=(0, 1, 2)))
