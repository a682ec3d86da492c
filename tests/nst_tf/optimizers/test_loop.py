import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.errors import DivergedError
from nst_tf.objective import Terms
from nst_tf.optimizers.adam import adam, adam_step, averaged_image, initial_state
from nst_tf.optimizers.lbfgs import lbfgs
from nst_tf.optimizers.loop import LoopState, descend, drive, make_driver, optimize
from nst_tf.runs.snapshot import Snapshot

RATE = StyleConfig.learning_rate
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
    config = StyleConfig(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
    gradients = tf.constant(generator.normal(size=(100, 1, 3, 3, 3)) * 0.1, tf.float64)
    theirs = keras.Variable(np.full((1, 3, 3, 3), 0.5), dtype="float64")
    optimizer = keras.optimizers.Adam(rate, beta_1, beta_2, epsilon)
    state = initial_state(tf.fill((1, 3, 3, 3), tf.constant(0.5, tf.float64)), rate)
    for gradient in gradients:
        optimizer.apply([gradient], [theirs])
        theirs.assign(tf.clip_by_value(theirs.value, 0.0, 1.0))
        state = adam_step(state, gradient, config=config)
    np.testing.assert_allclose(state.image, theirs.value, rtol=0, atol=2e-5)


def test_image_stays_in_range_and_the_clip_is_not_forgotten(start):
    state = adam_step(initial_state(start, 5.0), tf.ones_like(start), config=StyleConfig())
    assert np.all(state.image.numpy() == 0.0)


def test_average_is_the_weighted_mean_of_all_images(start, rng):
    config = StyleConfig(average_decay=0.8)
    state, images = initial_state(start, RATE), []
    for _ in range(7):
        state = adam_step(state, tf.constant(rng.normal(size=start.shape), tf.float32), config=config)
        images.append(state.image.numpy())
    weights = 0.8 ** np.arange(6, -1, -1)
    expected = np.tensordot(weights / weights.sum(), images, axes=1)
    np.testing.assert_allclose(averaged_image(state, config=config), expected, rtol=1e-5)


def test_average_can_be_turned_off(start, target):
    config = StyleConfig(average_decay=0.0)
    state, _ = descend(bowl, adam(config), initial_state(start, RATE), ZEROS, target, tf.constant(4))
    np.testing.assert_array_equal(averaged_image(state, config=config), state.image)


@pytest.mark.parametrize(("method", "steps"), [(adam, 300), (lbfgs, 12)])
def test_descent_finds_the_minimum(method, steps, start, target):
    optimizer = method(StyleConfig())
    state, terms = descend(bowl, optimizer, optimizer.start(start, RATE), ZEROS, target, tf.constant(steps))
    assert terms.loss < 1e-3
    assert state.step == steps


@pytest.mark.parametrize("method", [adam, lbfgs])
def test_strides_of_any_length_and_a_loop_of_ones_own_give_the_same_bits(method, start, target):
    optimizer = method(StyleConfig())
    driver = make_driver(bowl, optimizer)
    results = []
    for strides in ((12,), (1,) * 12, (5, 7)):
        state, terms = optimizer.start(start, RATE), ZEROS
        for stride in strides:
            state, terms = drive(driver, state, terms, target, stride)
        results.append(state.image.numpy())
    own = tf.function(lambda *arguments: descend(bowl, optimizer, *arguments), autograph=False)
    pure, _ = own(optimizer.start(start, RATE), ZEROS, target, tf.constant(12))
    for result in results:
        np.testing.assert_array_equal(result, pure.image)


@pytest.mark.parametrize("method", [adam, lbfgs])
def test_one_trace_serves_all_sizes(method, rng):
    optimizer = method(StyleConfig())
    driver = make_driver(bowl, optimizer)
    for height, width in ((4, 5), (9, 3), (6, 6)):
        picture = tf.constant(rng.random((1, height, width, 3)), tf.float32)
        drive(driver, optimizer.start(picture, RATE), ZEROS, picture, 2)
    assert driver.experimental_get_tracing_count() == 1


def run(start, target, report=lambda _: False, *, steps, stop_when=None):
    optimizer = adam(StyleConfig())
    beginning = LoopState(optimizer.start(start, RATE), ZEROS)
    return optimize(make_driver(bowl, optimizer), beginning, target, steps=steps, report=report, stop_when=stop_when)


def test_reports_count_up_to_the_last_step(start, target):
    seen = []
    run(start, target, seen.append, steps=45)
    taken = [reached.taken for reached in seen]
    assert taken == sorted(set(taken)) and taken[0] == 1 and taken[-1] == 45
    assert seen[-1].terms.loss < seen[0].terms.loss


def test_report_can_end_the_run(start, target):
    assert run(start, target, lambda reached: reached.taken >= 1, steps=50).state.step == 1


def test_run_stops_when_it_no_longer_gets_better(start, target):
    full = run(start, target, steps=2000)
    state, terms, *_ = run(start, target, steps=2000, stop_when=0.01)
    assert full.state.step == 2000
    assert state.step < 2000 and state.step % 20 == 0
    assert terms.loss < bowl(start, target).loss / 10


@pytest.mark.parametrize("pause", [1, 19, 20, 21, 330, 340])
def test_a_run_that_pauses_anywhere_stops_at_the_same_step(pause, start, target):
    optimizer = adam(StyleConfig())
    driver, beginning = make_driver(bowl, optimizer), LoopState(optimizer.start(start, RATE), ZEROS)
    settings = {"steps": 2000, "stop_when": 0.2, "report_every": pause}
    whole = optimize(driver, beginning, target, report=lambda _: False, **settings)
    paused = optimize(driver, beginning, target, report=lambda reached: reached.taken == pause, **settings)
    gone_on = optimize(driver, paused, target, report=lambda _: False, **settings)
    assert paused.taken == min(pause, whole.taken) and gone_on.taken == whole.taken < 2000
    assert gone_on.losses == whole.losses
    np.testing.assert_array_equal(gone_on.state.image, whole.state.image)


def test_loss_that_is_not_finite_ends_the_run_with_its_step_and_term(start):
    with pytest.raises(DivergedError, match="at step 1: loss is nan, content is nan; try") as caught:
        run(start, tf.fill(start.shape, np.float32(np.nan)), steps=5)
    assert caught.value.image is None


def test_loss_that_ceases_to_be_finite_leaves_the_last_good_picture(start):
    def cliff(image, low):
        loss = tf.reduce_sum(image) + tf.where(tf.reduce_mean(image) < low, np.float32(np.inf), 0.0)
        return Terms(loss, loss, tf.constant(0.0), tf.constant(0.0))

    optimizer, seen = adam(StyleConfig()), []
    with pytest.raises(DivergedError, match="loss is inf") as caught:
        optimize(
            make_driver(cliff, optimizer),
            LoopState(optimizer.start(start, RATE), ZEROS),
            tf.reduce_mean(start) - 0.1,
            steps=50,
            report=lambda reached: seen.append(reached.state.image.numpy()),
            report_every=1,
        )
    np.testing.assert_array_equal(caught.value.image, seen[-2])


def steep(image, steps):
    """A loss that falls by one a step of 0.01 and is not finite after some of them."""
    gone = 100 * (1 - tf.reduce_mean(image))
    loss = -gone + tf.where(gone > steps + 0.5, np.float32(np.nan), 0.0)
    return Terms(loss, loss, tf.constant(0.0), tf.constant(0.0))


@pytest.mark.parametrize("pace", [1e-9, 1e9])
def test_the_last_good_picture_does_not_depend_on_how_fast_the_machine_is(pace, monkeypatch):
    monkeypatch.setattr("nst_tf.optimizers.loop.REPORT_SECONDS", pace)
    optimizer = adam(StyleConfig(average_decay=0.0))
    beginning = LoopState(optimizer.start(tf.ones((1, 5, 6, 3)), 0.01), ZEROS)
    with pytest.raises(DivergedError, match="at step 15: loss is nan") as caught:
        optimize(make_driver(steep, optimizer), beginning, tf.constant(13.0), steps=50, report=lambda _: False)
    np.testing.assert_allclose(caught.value.image, 0.87, atol=1e-4)


def test_a_resumed_run_that_diverges_at_once_keeps_the_picture_it_began_with(start):
    optimizer = adam(StyleConfig())
    snapshot = Snapshot.capture(LoopState(optimizer.start(start, RATE), ZEROS, taken=0), stage=0, seconds=1.0)
    resumed = snapshot.restore(optimizer.start(tf.zeros_like(start), RATE), Terms)
    nothing = tf.fill(start.shape, np.float32(np.nan))
    with pytest.raises(DivergedError, match="at step 1: loss is nan") as caught:
        optimize(make_driver(bowl, optimizer), resumed, nothing, steps=5, report=lambda _: False)
    np.testing.assert_array_equal(caught.value.image, start)
