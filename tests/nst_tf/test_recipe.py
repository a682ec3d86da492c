"""What both drivers take from the recipe, against the library's own parts."""

import numpy as np
import pytest
import tensorflow as tf

from nst_tf import StyleConfig, feature_model
from nst_tf.images.picture import Picture
from nst_tf.objective import term_weights
from nst_tf.pictures import Pictures, as_tensors, fit
from nst_tf.recipe import (
    enter_size,
    first_image,
    make_optimizer,
    make_recipe,
    measure,
    no_terms,
)
from nst_tf.scales.resizing import enlarge, resize

CONFIG = StyleConfig(content_layers="conv2_1", style_layers="conv1_1", weights="random")


@pytest.fixture
def pictures(rng):
    sizes = (1, 20, 30), (1, 24, 18), (1, 16, 40)
    drawn = [Picture(*(rng.random((*size, channels)).astype(np.float32) for channels in (3, 1))) for size in sizes]
    return as_tensors(drawn[0], drawn[1:])


def test_opacities_are_fitted_with_their_pictures(pictures):
    sizes = [(10, 15), (12, 9), (8, 20)]
    fitted = fit(pictures, sizes[0], [tf.constant(sizes[1]), sizes[2]])
    assert len(fitted.styles) == 2
    wholes = (pictures.content, *pictures.styles)
    for picture, whole, size in zip((fitted.content, *fitted.styles), wholes, sizes, strict=True):
        for part, before in zip(picture[:2], whole[:2], strict=True):
            np.testing.assert_array_equal(part, resize(before, size))
    opaque = Pictures(Picture(pictures.content.image), (Picture(pictures.styles[0].image),))
    fitted = fit(opaque, (10, 15), [(12, 9)])
    assert fitted.content.alpha is None and fitted.styles[0].alpha is None


@pytest.mark.parametrize("start", ["content", "style", "noise", "array"])
@pytest.mark.parametrize("compiled", [False, True])
def test_the_first_image_has_the_contents_shape(start, compiled, pictures):
    array = pictures.styles[0].image[:, ::-1]
    expected = {
        "content": pictures.content.image,
        "style": resize(pictures.styles[0].image, (20, 30)),
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
    state = method.start(resize(pictures.content.image, (10, 15)), 0.02)._replace(step=tf.constant(7, tf.int64))
    entered = enter_size(method, state, pictures.content.image, 0.3)
    fresh = method.start(enlarge(state.image, pictures.content.image, 0.3), 0.02)
    assert entered.step == 7
    for name, value in fresh._asdict().items():
        if name != "step":
            tf.nest.map_structure(np.testing.assert_array_equal, getattr(entered, name), value)


def test_targets_hold_the_style_and_the_content_that_were_measured_apart(pictures):
    recipe = make_recipe(feature_model(CONFIG.layers, weights="random"), CONFIG)
    targets = measure(recipe, pictures._replace(styles=pictures.styles[:1]))
    of_style, of_content = recipe.measure_style(*pictures.styles[0]), recipe.measure_content(*pictures.content)
    tf.nest.map_structure(np.testing.assert_array_equal, targets.grams, of_style.grams)
    tf.nest.map_structure(np.testing.assert_array_equal, targets.content, of_content.features)
    assert "weights" not in targets._fields
    assert {*targets.guides, *targets.style_guides} == set(CONFIG.layers)


def test_the_recipe_descends(pictures):
    recipe = make_recipe(feature_model(CONFIG.layers, weights="random"), CONFIG)
    goal = measure(recipe, pictures, (0.5, 0.5)), term_weights(CONFIG)
    before = recipe.optimizer.start(pictures.content.image, 0.01)
    after, _ = recipe.descend(goal, before, no_terms(), tf.constant(5))
    assert after.step == 5
    assert recipe.objective(after.image, *goal).loss < recipe.objective(before.image, *goal).loss
