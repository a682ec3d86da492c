import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.objective import Terms
from nst_tf.optimization import (
    adam_step,
    averaged_image,
    descend,
    initial_state,
    make_driver,
    optimize,
    unsized_variables,
)

ZEROS = Terms(*(tf.constant(0.0),) * 4)


def bowl(image, target):
    """A loss with a known minimum, of the shape the loop expects."""
    loss = tf.reduce_sum(tf.square(image - target))
    return Terms(loss, loss, tf.constant(0.0), tf.constant(0.0))


@pytest.fixture
def start(rng):
    return tf.constant(rng.random((1, 5, 6, 3)), tf.float32)


@pytest.fixture
def target(rng):
    return tf.constant(rng.random((1, 5, 6, 3)), tf.float32)


SETTINGS = list(itertools.product((0.001, 0.02, 0.3), (0.0, 0.9, 0.99), (0.9, 0.99, 0.999), (1e-8, 1e-3)))


@pytest.mark.parametrize(("rate", "beta_1", "beta_2", "epsilon"), SETTINGS)
def test_adam_step_equals_keras_adam_for_100_steps(rate, beta_1, beta_2, epsilon):
    generator = np.random.default_rng(11)
    config = StyleConfig(learning_rate=rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
    gradients = tf.constant(generator.normal(size=(100, 1, 3, 3, 3)) * 0.1, tf.float64)
    theirs = keras.Variable(np.full((1, 3, 3, 3), 0.5), dtype="float64")
    optimizer = keras.optimizers.Adam(rate, beta_1, beta_2, epsilon)
    state = initial_state(tf.fill((1, 3, 3, 3), tf.constant(0.5, tf.float64)))
    for gradient in gradients:
        optimizer.apply([gradient], [theirs])
        theirs.assign(tf.clip_by_value(theirs.value, 0.0, 1.0))
        state = adam_step(state, gradient, config=config)
    np.testing.assert_allclose(state.image, theirs.value, rtol=0, atol=2e-5)


def test_image_stays_in_range_and_the_clip_is_not_forgotten(start):
    state = adam_step(initial_state(start), tf.ones_like(start), config=StyleConfig(learning_rate=5.0))
    assert np.all(state.image.numpy() == 0.0)


def test_average_is_the_weighted_mean_of_all_images(start, rng):
    config = StyleConfig(average_decay=0.8)
    state, images = initial_state(start), []
    for _ in range(7):
        state = adam_step(state, tf.constant(rng.normal(size=start.shape), tf.float32), config=config)
        images.append(state.image.numpy())
    weights = 0.8 ** np.arange(6, -1, -1)
    expected = np.tensordot(weights / weights.sum(), images, axes=1)
    np.testing.assert_allclose(averaged_image(state, config=config), expected, rtol=1e-5)


def test_average_can_be_turned_off(start, target):
    config = StyleConfig(average_decay=0.0)
    state, _ = descend(bowl, initial_state(start), ZEROS, target, tf.constant(4), config=config)
    np.testing.assert_array_equal(averaged_image(state, config=config), state.image)


def test_descent_finds_the_minimum(start, target):
    state, terms = descend(bowl, initial_state(start), ZEROS, target, tf.constant(300), config=StyleConfig())
    assert terms.loss < 1e-3
    assert state.step == 300


def test_strides_of_any_length_and_both_drivers_give_the_same_bits(start, target):
    config = StyleConfig()
    advance = make_driver(bowl, config=config)
    results = []
    for strides in ((12,), (1,) * 12, (5, 7)):
        state, terms, held = unsized_variables((initial_state(start), ZEROS, target))
        for stride in strides:
            advance(state, terms, held, tf.constant(stride))
        results.append(state.image.numpy())
    stateless = tf.function(lambda *a: descend(bowl, *a, config=config), autograph=False)
    pure, _ = stateless(initial_state(start), ZEROS, target, tf.constant(12))
    for result in results:
        np.testing.assert_array_equal(result, pure.image)


def test_one_trace_serves_all_sizes(rng):
    advance = make_driver(bowl, config=StyleConfig())
    for height, width in ((4, 5), (9, 3), (6, 6)):
        picture = tf.constant(rng.random((1, height, width, 3)), tf.float32)
        advance(*unsized_variables((initial_state(picture), ZEROS, picture)), tf.constant(2))
    assert advance.experimental_get_tracing_count() == 1


def run(start, target, callback=None, **settings):
    config = StyleConfig(**settings)
    state, terms, held = unsized_variables((initial_state(start), ZEROS, target))
    optimize(make_driver(bowl, config=config), state, terms, held, config=config, callback=callback)
    return state


def test_progress_counts_up_to_the_last_step(start, target):
    seen = []
    run(start, target, seen.append, steps=40)
    assert [record.step for record in seen] == sorted({record.step for record in seen})
    assert seen[0].step == 1 and seen[-1].step == seen[-1].steps == 40
    assert seen[-1].loss < seen[0].loss
    assert seen[-1].seconds >= seen[0].seconds > 0
    assert set(seen[0].terms) == {"content", "style", "tv"}


def test_progress_gives_the_picture_on_demand(start, target):
    seen = []
    state = run(start, target, lambda record: seen.append(record.image()), steps=3)
    np.testing.assert_array_equal(seen[-1], averaged_image(state, config=StyleConfig()))


def test_callback_can_end_the_run(start, target):
    assert run(start, target, lambda record: record.step >= 1, steps=50).step == 1


def test_loss_that_is_not_finite_ends_the_run_with_its_step(start):
    with pytest.raises(FloatingPointError, match="nan at step 1"):
        run(start, tf.fill(start.shape, np.float32(np.nan)), steps=5)
