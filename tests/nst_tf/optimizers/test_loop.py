import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.errors import DivergedError
from nst_tf.gradients import value_and_gradient
from nst_tf.objective import Terms
from nst_tf.optimizers.adam import adam, adam_step, averaged_image, initial_state
from nst_tf.optimizers.compiled import CompiledLoop
from nst_tf.optimizers.loop import LoopState, descend, optimize, optimize_in_graph
from nst_tf.recipe import make_optimizer
from nst_tf.runs.snapshot import Snapshot

RATE = StyleConfig.learning_rate
ZEROS = Terms(*(tf.constant(0.0),) * 4)


def bowl(image, target):
    """A loss with a known minimum, of the shape the loop expects."""
    loss = tf.reduce_sum(tf.square(image - target))
    return Terms(loss, loss, tf.constant(0.0), tf.constant(0.0))


ADAM = {name: getattr(StyleConfig, name) for name in ("beta_1", "beta_2", "epsilon", "average_decay")}


def named(method, **numbers):
    return make_optimizer(StyleConfig(optimizer=method, **numbers))


def compiled(loss, optimizer, *arguments):
    """The compiled loop as `optimize` takes it."""
    return functools.partial(CompiledLoop(value_and_gradient(loss), optimizer), arguments)


def at(target, loss=bowl):
    """What the pure loop is handed: value and gradient of a loss with its target."""
    return lambda image: value_and_gradient(loss)(image, target)


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
    numbers = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon, "average_decay": 0.9}
    gradients = tf.constant(generator.normal(size=(100, 1, 3, 3, 3)) * 0.1, tf.float64)
    theirs = keras.Variable(np.full((1, 3, 3, 3), 0.5), dtype="float64")
    optimizer = keras.optimizers.Adam(rate, beta_1, beta_2, epsilon)
    state = initial_state(tf.fill((1, 3, 3, 3), tf.constant(0.5, tf.float64)), rate)
    for gradient in gradients:
        optimizer.apply([gradient], [theirs])
        theirs.assign(tf.clip_by_value(theirs.value, 0.0, 1.0))
        state = adam_step(state, gradient, **numbers)
    np.testing.assert_allclose(state.image, theirs.value, rtol=0, atol=2e-5)


def test_image_stays_in_range_and_the_clip_is_not_forgotten(start):
    state = adam_step(initial_state(start, 5.0), tf.ones_like(start), **ADAM)
    assert np.all(state.image.numpy() == 0.0)


def test_average_is_the_weighted_mean_of_all_images(start, rng):
    numbers = ADAM | {"average_decay": 0.8}
    state, images = initial_state(start, RATE), []
    for _ in range(7):
        state = adam_step(state, tf.constant(rng.normal(size=start.shape), tf.float32), **numbers)
        images.append(state.image.numpy())
    weights = 0.8 ** np.arange(6, -1, -1)
    expected = np.tensordot(weights / weights.sum(), images, axes=1)
    np.testing.assert_allclose(averaged_image(state, average_decay=0.8), expected, rtol=1e-5)


def test_average_can_be_turned_off(start, target):
    optimizer = adam(**ADAM | {"average_decay": 0.0})
    state, _ = descend(at(target), optimizer, initial_state(start, RATE), ZEROS, tf.constant(4))
    np.testing.assert_array_equal(optimizer.picture(state), state.image)


@pytest.mark.parametrize(("method", "steps"), [("adam", 300), ("lbfgs", 12)])
def test_descent_finds_the_minimum(method, steps, start, target):
    optimizer = named(method)
    state, terms = descend(at(target), optimizer, optimizer.start(start, RATE), ZEROS, tf.constant(steps))
    assert terms.loss < 1e-3
    assert state.step == steps


@pytest.mark.parametrize("method", ["adam", "lbfgs"])
def test_strides_of_any_length_and_a_loop_of_ones_own_give_the_same_bits(method, start, target):
    optimizer = named(method)
    drive, results = compiled(bowl, optimizer, target), []
    for strides in ((12,), (1,) * 12, (5, 7)):
        state, terms = optimizer.start(start, RATE), ZEROS
        for stride in strides:
            state, terms = drive(state, terms, stride)
        results.append(state.image.numpy())
    own = tf.function(lambda *arguments: descend(at(target), optimizer, *arguments), autograph=False)
    pure, _ = own(optimizer.start(start, RATE), ZEROS, tf.constant(12))
    for result in results:
        np.testing.assert_array_equal(result, pure.image)


@pytest.mark.parametrize("method", ["adam", "lbfgs"])
def test_one_trace_serves_all_sizes(method, rng):
    optimizer = named(method)
    loop = CompiledLoop(value_and_gradient(bowl), optimizer)
    for height, width in ((4, 5), (9, 3), (6, 6)):
        picture = tf.constant(rng.random((1, height, width, 3)), tf.float32)
        loop((picture,), optimizer.start(picture, RATE), ZEROS, 2)
    assert loop.traces == 1


def run(start, target, report=lambda _: False, *, steps, stop_when=None):
    optimizer = adam(**ADAM)
    beginning = LoopState(optimizer.start(start, RATE), ZEROS)
    return optimize(compiled(bowl, optimizer, target), beginning, steps=steps, report=report, stop_when=stop_when)


def test_reports_count_up_to_the_last_step(start, target):
    seen = []
    run(start, target, seen.append, steps=45)
    taken = [now.taken for now in seen]
    assert taken == sorted(set(taken)) and taken[0] == 1 and taken[-1] == 45
    assert seen[-1].terms.loss < seen[0].terms.loss


def test_report_can_end_the_run(start, target):
    assert run(start, target, lambda now: now.taken >= 1, steps=50).state.step == 1


def test_run_stops_when_it_no_longer_gets_better(start, target):
    full = run(start, target, steps=2000)
    state, terms, *_ = run(start, target, steps=2000, stop_when=0.01)
    assert full.state.step == 2000
    assert state.step < 2000 and state.step % 20 == 0
    assert terms.loss < bowl(start, target).loss / 10


@pytest.mark.parametrize("pause", [1, 19, 20, 21, 330, 340])
def test_a_run_that_pauses_anywhere_stops_at_the_same_step(pause, start, target):
    optimizer = adam(**ADAM)
    drive, beginning = compiled(bowl, optimizer, target), LoopState(optimizer.start(start, RATE), ZEROS)
    settings = {"steps": 2000, "stop_when": 0.2, "report_every": pause}
    whole = optimize(drive, beginning, report=lambda _: False, **settings)
    paused = optimize(drive, beginning, report=lambda now: now.taken == pause, **settings)
    gone_on = optimize(drive, paused, report=lambda _: False, **settings)
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

    optimizer, seen = adam(**ADAM), []
    with pytest.raises(DivergedError, match="loss is inf") as caught:
        optimize(
            compiled(cliff, optimizer, tf.reduce_mean(start) - 0.1),
            LoopState(optimizer.start(start, RATE), ZEROS),
            steps=50,
            report=lambda now: seen.append(now.state.image.numpy()),
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
    optimizer = adam(**ADAM | {"average_decay": 0.0})
    beginning = LoopState(optimizer.start(tf.ones((1, 5, 6, 3)), 0.01), ZEROS)
    with pytest.raises(DivergedError, match="at step 15: loss is nan") as caught:
        optimize(compiled(steep, optimizer, tf.constant(13.0)), beginning, steps=50, report=lambda _: False)
    np.testing.assert_allclose(caught.value.image, 0.87, atol=1e-4)


def test_a_resumed_run_that_diverges_at_once_keeps_the_picture_it_began_with(start):
    optimizer = adam(**ADAM)
    snapshot = Snapshot.capture(LoopState(optimizer.start(start, RATE), ZEROS, taken=0), stage=0, seconds=1.0)
    resumed = snapshot.restore(optimizer.start(tf.zeros_like(start), RATE), Terms)
    nothing = tf.fill(start.shape, np.float32(np.nan))
    with pytest.raises(DivergedError, match="at step 1: loss is nan") as caught:
        optimize(compiled(bowl, optimizer, nothing), resumed, steps=5, report=lambda _: False)
    np.testing.assert_array_equal(caught.value.image, start)


@pytest.mark.parametrize("stop_when", [None, 0.0, 0.1, 0.3])
@pytest.mark.parametrize("pauses", [(7,), (40,), (110,), (3, 20, 39, 40, 41, 75, 110)])
def test_the_pure_loop_stops_where_the_one_that_is_watched_stops_with_or_without_pauses(
    stop_when, pauses, start, target
):
    optimizer = adam(**ADAM)
    watched = run(start, target, steps=pauses[-1], stop_when=stop_when)
    drive = functools.partial(descend, at(target), optimizer)
    own = tf.function(functools.partial(optimize_in_graph, drive, stop_when=stop_when), autograph=False)
    pure = LoopState(optimizer.start(start, RATE), ZEROS, tf.constant(0), tf.fill([2], tf.constant(np.inf, tf.float64)))
    for steps in pauses:
        pure = own(pure, steps=tf.constant(steps))
    assert int(pure.taken) == int(pure.state.step) == watched.taken
    np.testing.assert_array_equal(pure.state.image, watched.state.image)
    assert pure.terms.loss == watched.terms.loss


def test_the_image_is_a_variable_of_open_size_that_the_compiled_loop_assigns(start, target):
    optimizer = adam(**ADAM)
    loop = CompiledLoop(value_and_gradient(bowl), optimizer)
    assert isinstance(loop.image, tf.Variable) and loop.image.shape.as_list() == [1, None, None, 3]
    for name in ("first_moment", "second_moment", "average"):
        assert getattr(loop.variables, name).shape.as_list() == [1, None, None, 3]
    state, _ = loop((target,), optimizer.start(start, RATE), ZEROS, 3)
    np.testing.assert_array_equal(loop.image, state.image)
    assigned = {node.op for node in loop.function._list_all_concrete_functions()[0]
                .graph.as_graph_def().node}  # fmt: skip
    assert "AssignVariableOp" in assigned
    loop.release()
    assert loop.image.numpy().size == 0


def test_states_that_were_returned_do_not_change_with_the_variables(start, target):
    optimizer = adam(**ADAM)
    loop = CompiledLoop(value_and_gradient(bowl), optimizer)
    first, terms = loop((target,), optimizer.start(start, RATE), ZEROS, 1)
    before = [np.array(part) for part in first]
    loop((target,), first, terms, 5)
    for part, copy in zip(first, before, strict=True):
        np.testing.assert_array_equal(part, copy)
