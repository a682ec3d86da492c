import numpy as np
import pytest
import tensorflow as tf

from nst_tf import losses

WEIGHTS = {"a": 0.3, "b": 0.7}


def by_loops(features):
    """Gram matrix per position by the definition: one channel, one position at a time."""
    _, height, width, channels = features.shape
    gram = np.zeros((1, channels, channels))
    for i in range(channels):
        for j in range(channels):
            for y in range(height):
                for x in range(width):
                    gram[0, i, j] += features[0, y, x, i] * features[0, y, x, j]
    return gram / (height * width)


@pytest.fixture
def features(rng):
    return {"a": tf.constant(rng.random((1, 5, 4, 3))), "b": tf.constant(rng.random((1, 3, 2, 6)))}


@pytest.fixture
def targets(rng):
    return {"a": tf.constant(rng.random((1, 5, 4, 3))), "b": tf.constant(rng.random((1, 3, 2, 6)))}


@pytest.fixture
def grams(rng):
    """Of another picture of another size."""
    return {name: tf.constant(by_loops(rng.random((1, 7, 6, c)))) for name, c in (("a", 3), ("b", 6))}


def test_gram_matrix_equals_loops(features):
    np.testing.assert_allclose(losses.gram_matrix(features["a"]), by_loops(features["a"].numpy()), rtol=1e-12)


def test_gram_matrix_ignores_position_order(features, rng):
    values = features["a"].numpy()
    shuffled = rng.permutation(values.reshape(1, -1, 3), axis=1).reshape(values.shape)
    np.testing.assert_allclose(losses.gram_matrix(shuffled), losses.gram_matrix(values), rtol=1e-12)


def test_gram_matrix_keeps_pictures_of_a_batch_apart(rng):
    batch = rng.random((2, 4, 3, 5))
    together = losses.gram_matrix(tf.constant(batch))
    np.testing.assert_allclose(together[1:], by_loops(batch[1:]), rtol=1e-12)


def test_content_loss_equals_equation_1(features, targets):
    expected = 0.0
    for name, weight in WEIGHTS.items():
        for f, p in zip(features[name].numpy().ravel(), targets[name].numpy().ravel(), strict=True):
            expected += weight * 0.5 * (f - p) ** 2
    np.testing.assert_allclose(losses.content_loss(features, targets, layer_weights=WEIGHTS), expected, rtol=1e-12)


def test_style_loss_equals_equations_4_and_5_for_equal_sizes(features, targets):
    expected = 0.0
    for name, weight in WEIGHTS.items():
        f, s = features[name].numpy(), targets[name].numpy()
        positions, channels = f.shape[1] * f.shape[2], f.shape[3]
        difference = (by_loops(f) - by_loops(s)) * positions
        for value in difference.ravel():
            expected += weight * value**2 / (4 * channels**2 * positions**2)
    grams = {name: losses.gram_matrix(value) for name, value in targets.items()}
    np.testing.assert_allclose(losses.style_loss(features, grams, layer_weights=WEIGHTS), expected, rtol=1e-12)


def test_scaled_features_scale_the_style_loss_by_the_fourth_power(features, grams):
    before = losses.style_loss(features, grams, layer_weights=WEIGHTS)
    scaled = losses.style_loss(
        {name: 3 * value for name, value in features.items()},
        {name: 9 * value for name, value in grams.items()},
        layer_weights=WEIGHTS,
    )
    np.testing.assert_allclose(scaled, 81 * before, rtol=1e-12)


def test_relative_losses_divide_by_the_given_energy(features, targets, grams):
    energies = {"a": tf.constant(2.0, tf.float64), "b": tf.constant(5.0, tf.float64)}
    content = sum(WEIGHTS[n] * np.sum((features[n] - targets[n]).numpy() ** 2) / energies[n].numpy() for n in WEIGHTS)
    style = sum(
        WEIGHTS[n] * np.sum((by_loops(features[n].numpy()) - grams[n].numpy()) ** 2) / energies[n].numpy()
        for n in WEIGHTS
    )
    got = losses.relative_content_loss(features, targets, energies, layer_weights=WEIGHTS)
    np.testing.assert_allclose(got, content, rtol=1e-12)
    got = losses.relative_style_loss(features, grams, energies, layer_weights=WEIGHTS)
    np.testing.assert_allclose(got, style, rtol=1e-12)


def test_losses_are_zero_at_their_targets(features):
    grams = {name: losses.gram_matrix(value) for name, value in features.items()}
    assert losses.content_loss(features, features, layer_weights=WEIGHTS) == 0
    assert losses.style_loss(features, grams, layer_weights=WEIGHTS) == 0


def test_only_weighted_layers_count(features, targets):
    one = losses.content_loss(features, targets, layer_weights={"b": 1.0})
    np.testing.assert_allclose(one, 0.5 * np.sum((features["b"] - targets["b"]).numpy() ** 2), rtol=1e-12)


def test_total_variation_equals_loops(rng):
    image = rng.random((1, 5, 4, 3))
    down, right = [], []
    for y in range(5):
        for x in range(4):
            for c in range(3):
                if y:
                    down.append((image[0, y, x, c] - image[0, y - 1, x, c]) ** 2)
                if x:
                    right.append((image[0, y, x, c] - image[0, y, x - 1, c]) ** 2)
    expected = np.mean(down) + np.mean(right)
    np.testing.assert_allclose(losses.total_variation_loss(tf.constant(image)), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(1, 5, 4, 3), (1, 1, 6, 3), (2, 7, 1, 3)])
def test_gradient_of_the_total_variation_equals_numpy(shape, rng):
    image, expected = rng.random(shape), np.zeros(shape)
    for axis in (1, 2):
        steps = np.diff(image, axis=axis)
        edge = np.zeros_like(np.take(image, [0], axis=axis))
        expected -= 2 * np.diff(np.concatenate([edge, steps, edge], axis=axis), axis=axis) / max(steps.size, 1)
    variable = tf.Variable(image)
    with tf.GradientTape() as tape:
        loss = losses.total_variation_loss(variable)
    np.testing.assert_allclose(tape.gradient(loss, variable), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shape", [(1, 1, 1, 3), (1, 1, 6, 3), (1, 4, 4, 3)])
def test_total_variation_of_a_flat_image_is_zero_with_a_finite_gradient(shape):
    image = tf.Variable(tf.fill(shape, 0.4))
    with tf.GradientTape() as tape:
        loss = losses.total_variation_loss(image)
    assert loss == 0
    assert np.all(np.isfinite(tape.gradient(loss, image)))


@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_are_finite_for_features_that_are_all_zero(compiled, grams):
    zeros = {"a": tf.Variable(tf.zeros((1, 5, 4, 3), tf.float64)), "b": tf.Variable(tf.zeros((1, 3, 2, 6), tf.float64))}

    def gradient():
        with tf.GradientTape() as tape:
            values = {name: tf.convert_to_tensor(value) for name, value in zeros.items()}
            loss = losses.style_loss(values, grams, layer_weights=WEIGHTS)
        return tape.gradient(loss, list(zeros.values()))

    for part in (tf.function(gradient) if compiled else gradient)():
        assert np.all(np.isfinite(part))
