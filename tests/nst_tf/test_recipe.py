"""What both drivers take from the recipe, against the library's own parts."""

import numpy as np
import pytest
import tensorflow as tf

from nst_tf import StyleConfig, feature_model
from nst_tf.objective import term_weights
from nst_tf.recipe import Pictures, enter_size, first_image, fit, make_optimizer, make_recipe, measure, no_terms
from nst_tf.scales.resizing import enlarge, resize

CONFIG = StyleConfig(content_layers="conv2_1", style_layers="conv1_1", weights="random")


@pytest.fixture
def pictures(rng):
    shapes = (1, 20, 30, 3), (1, 24, 18, 3), (1, 20, 30, 1), (1, 24, 18, 1)
    return Pictures(*(tf.constant(rng.random(shape), tf.float32) for shape in shapes))


def test_opacities_are_fitted_with_their_pictures(pictures):
    fitted = fit(pictures, (10, 15), tf.constant([12, 9]))
    for picture, whole, size in zip(fitted, pictures, [(10, 15), (12, 9)] * 2, strict=True):
        np.testing.assert_array_equal(picture, resize(whole, size))
    assert fit(Pictures(*pictures[:2]), (10, 15), (12, 9))[2:] == (None, None)


@pytest.mark.parametrize("start", ["content", "style", "noise", "array"])
@pytest.mark.parametrize("compiled", [False, True])
def test_the_first_image_has_the_contents_shape(start, compiled, pictures):
    array = pictures.style[:, ::-1]
    expected = {
        "content": pictures.content,
        "style": resize(pictures.style, (20, 30)),
        "array": resize(array, (20, 30)),
    }

    def make(pictures, seed):
        return first_image(pictures, array if start == "array" else start, seed)

    image = (tf.function(make) if compiled else make)(pictures, tf.constant(4))
    assert image.shape == (1, 20, 30, 3)
    if start in expected:
        np.testing.assert_allclose(image, expected[start], atol=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_a_run_enters_the_next_size_with_an_enlarged_picture_and_nothing_else_but_its_steps(optimizer, pictures):
    method = make_optimizer(StyleConfig(optimizer=optimizer))
    state = method.start(resize(pictures.content, (10, 15)), 0.02)._replace(step=tf.constant(7, tf.int64))
    entered = enter_size(method, state, pictures.content, 0.3)
    fresh = method.start(enlarge(state.image, pictures.content, 0.3), 0.02)
    assert entered.step == 7
    for name, value in fresh._asdict().items():
        if name != "step":
            tf.nest.map_structure(np.testing.assert_array_equal, getattr(entered, name), value)


def test_targets_hold_the_style_and_the_content_that_were_measured_apart(pictures):
    recipe = make_recipe(feature_model(CONFIG.layers, weights="random"), CONFIG)
    content, style, content_alpha, style_alpha = pictures
    targets = measure(recipe, pictures)
    of_style = recipe.measure_style(style, style_alpha)
    of_content = recipe.measure_content(content, content_alpha)
    tf.nest.map_structure(np.testing.assert_array_equal, targets.grams, of_style.grams)
    tf.nest.map_structure(np.testing.assert_array_equal, targets.content, of_content.features)
    assert "weights" not in targets._fields
    assert {*targets.guides, *targets.style_guides} == set(CONFIG.layers)


def test_the_recipe_descends(pictures):
    recipe = make_recipe(feature_model(CONFIG.layers, weights="random"), CONFIG)
    goal = measure(recipe, pictures), term_weights(CONFIG)
    before = recipe.optimizer.start(pictures.content, 0.01)
    after, _ = recipe.descend(goal, before, no_terms(), tf.constant(5))
    assert after.step == 5
    assert recipe.objective(after.image, *goal).loss < recipe.objective(before.image, *goal).loss
