import numpy as np
import pytest
import tensorflow as tf
from helpers.objectives import terms_of

from nst_tf import StyleConfig, feature_model, losses
from nst_tf.config import NORMALIZATIONS
from nst_tf.objective import measure_content, measure_style
from nst_tf.targets import ENERGY_FLOOR

LAYERS = {"content_layers": "conv4_2", "style_layers": "conv1_1=0.4,conv4_2=0.6"}


@pytest.fixture
def content(rng):
    return tf.constant(rng.random((1, 12, 10, 3)))


@pytest.fixture
def style(rng):
    return tf.constant(rng.random((1, 9, 14, 3)))


def terms_at(image, network, content, style, **settings):
    config = StyleConfig(**LAYERS, **settings)
    return terms_of(network, content, style, config=config)(image)


def test_loss_is_the_weighted_sum_of_its_terms(tiny_network, content, style):
    terms = terms_at(
        style[:, :, :10], tiny_network, content[:, :9], style, content_weight=2, style_weight=3, tv_weight=5
    )
    np.testing.assert_allclose(terms.loss, 2 * terms.content + 3 * terms.style + 5 * terms.tv, rtol=1e-12)


def test_paper_normalization_is_the_papers_equations(tiny_network, content, style):
    image = content[:, ::-1]
    terms = terms_at(image, tiny_network, content, style, normalization="paper")
    of_image, of_content, of_style = tiny_network(image), tiny_network(content), tiny_network(style)
    grams = {name: losses.gram_matrix(value) for name, value in of_style.items()}
    by_style = losses.style_loss(of_image, grams, layer_weights={"block1_conv1": 0.4, "block4_conv2": 0.6})
    by_content = losses.content_loss(of_image, of_content, layer_weights={"block4_conv2": 1.0})
    np.testing.assert_allclose((terms.content, terms.style), (by_content, by_style), rtol=1e-12)


def test_mean_normalization_divides_equation_1_by_the_positions(tiny_network, content, style):
    image = content[:, ::-1]
    sums, means = (terms_at(image, tiny_network, content, style, normalization=name) for name in ("paper", "mean"))
    height, width = tiny_network(image)["block4_conv2"].shape[1:3]
    np.testing.assert_allclose((means.content, means.style), (sums.content / (height * width), sums.style), rtol=1e-12)


def test_relative_terms_do_not_depend_on_the_scale_of_activations(tiny_network, content, style):
    def louder(image):
        return {name: 100.0 * value for name, value in tiny_network(image).items()}

    plain = terms_at(content[:, ::-1], tiny_network, content, style)
    scaled = terms_at(content[:, ::-1], louder, content, style)
    np.testing.assert_allclose(scaled, plain, rtol=1e-9)


def test_relative_terms_are_shares_of_their_own_targets_energy(tiny_network, content, style):
    image = content[:, ::-1]
    terms = terms_at(image, tiny_network, content, style)
    f, p, s = ({n: v.numpy() for n, v in tiny_network(picture).items()} for picture in (image, content, style))

    def gram(maps):
        flat = maps.reshape(-1, maps.shape[-1])
        return flat.T @ flat / len(flat)

    expected = np.sum((f["block4_conv2"] - p["block4_conv2"]) ** 2) / np.sum(p["block4_conv2"] ** 2)
    np.testing.assert_allclose(terms.content, expected, rtol=1e-9)
    shares = {n: np.sum((gram(f[n]) - gram(s[n])) ** 2) / np.sum(gram(s[n]) ** 2) for n in f}
    expected = 0.4 * shares["block1_conv1"] + 0.6 * shares["block4_conv2"]
    np.testing.assert_allclose(terms.style, expected, rtol=1e-9)


def test_term_without_weight_is_zero_and_needs_no_layer(tiny_network, content, style):
    terms = terms_at(style, tiny_network, content, style, content_weight=0)
    assert terms.content == 0
    assert terms.style == 0


def test_content_term_is_zero_at_the_content_and_style_term_at_the_style(tiny_network, content, style):
    assert terms_at(content, tiny_network, content, style).content == 0
    assert terms_at(style, tiny_network, style, style).style == 0


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_gradient_equals_central_differences(normalization, rng):
    """Through the real network, up to the deepest default layer, in float64."""
    config = StyleConfig(weights="random", normalization=normalization, tv_weight=0.1)
    network = feature_model(config.layers, weights="random", dtype="float64")
    content, style, image = (tf.constant(rng.random((1, 18, 17, 3))) for _ in range(3))
    objective = tf.function(terms_of(network, content, style, config=config))
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = objective(image).loss
    gradient = tape.gradient(loss, image).numpy()
    for _ in range(4):
        direction, h = rng.normal(size=image.shape), 1e-6
        ahead, behind = (objective(image + s * h * direction).loss.numpy() for s in (1, -1))
        np.testing.assert_allclose(np.sum(gradient * direction), (ahead - behind) / (2 * h), rtol=2e-5)


def test_layer_without_energy_in_its_target_does_not_drown_the_others(tiny_network, content):
    def dead_on_black(image):
        return {name: value * (tf.reduce_mean(image) + 1e-9) for name, value in tiny_network(image).items()}

    terms = terms_at(content, dead_on_black, content, tf.zeros((1, 9, 9, 3), tf.float64))
    assert 0 < terms.style <= 1 / ENERGY_FLOOR


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("compiled", [False, True])
def test_flat_pictures_have_finite_losses_and_gradients(tiny_network, value, compiled):
    flat = tf.fill((1, 8, 8, 3), tf.constant(value, tf.float64))

    def loss_and_gradient(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = terms_at(image, tiny_network, flat, flat).loss
        return loss, tape.gradient(loss, image)

    loss, gradient = (tf.function(loss_and_gradient) if compiled else loss_and_gradient)(flat)
    assert np.isfinite(loss) and np.all(np.isfinite(gradient))


def test_a_style_is_measured_without_a_content_and_the_other_way_round(tiny_network, content, style):
    config = StyleConfig(**LAYERS)
    of_content, of_style = (
        measure(tiny_network, picture, config=config)
        for measure, picture in ((measure_content, content), (measure_style, style))
    )
    features, maps = tiny_network(content)["block4_conv2"].numpy(), tiny_network(style)
    np.testing.assert_array_equal(of_content.features["block4_conv2"], features)
    np.testing.assert_allclose(of_content.energy["block4_conv2"], np.mean(features**2), rtol=1e-12)
    for name, value in maps.items():
        flat = value.numpy().reshape(-1, value.shape[-1])
        gram = flat.T @ flat / len(flat)
        np.testing.assert_allclose(of_style.grams[name][0], gram, rtol=1e-12)
        np.testing.assert_allclose(of_style.energy[name], np.mean(gram**2), rtol=1e-12)
