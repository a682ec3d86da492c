from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from helpers.objectives import terms_of
from scipy.optimize import minimize

from nst_tf import StyleConfig, load_weights
from nst_tf.gradients import value_and_gradient
from nst_tf.network.vgg19 import feature_model
from nst_tf.optimizers.lbfgs import lbfgs


class Value(NamedTuple):
    loss: tf.Tensor


SHAPE = (1, 8, 10, 3)


def descent(evaluate, start, evaluations, *, history=10):
    """The terms after each evaluation, and the last state."""
    optimizer = lbfgs(history=history)
    step = tf.function(lambda state, terms: optimizer.step(state, terms, evaluate), autograph=False)
    state, terms, seen = optimizer.start(start, 0.0), evaluate(start)[0], []
    for _ in range(evaluations):
        state, terms = step(state, terms)
        seen.append(float(terms.loss))
    return seen, state


def scipy_losses(function, start, *, evaluations, history=10):
    """The best loss after each evaluation by SciPy's L-BFGS-B."""
    best = []

    def noted(flat):
        loss, gradient = function(flat)
        best.append(min([*best[-1:], loss]))
        return loss, gradient

    options = {"maxcor": history, "maxfun": evaluations, "maxiter": evaluations, "ftol": 0, "gtol": 0}
    minimize(noted, start.ravel(), jac=True, method="L-BFGS-B", bounds=[(0, 1)] * start.size, options=options)
    return best


def valley(generator):
    """A narrow quadratic valley, float64, whose lowest point lies outside of the box in about every third direction."""
    count = np.prod(SHAPE)
    axes = np.linalg.qr(generator.normal(size=(count, count))).Q
    matrix = tf.constant((axes * np.logspace(-3, 1, count)) @ axes.T)
    lowest = tf.constant(generator.uniform(-0.3, 1.3, count))

    def evaluate(image):
        off = tf.reshape(image, [-1]) - lowest
        slope = tf.linalg.matvec(matrix, off)
        return Value(tf.tensordot(off, slope, 1) / 2), tf.reshape(slope, image.shape)

    return evaluate


def flat(evaluate):
    def function(x):
        terms, gradient = evaluate(tf.constant(x.reshape(SHAPE)))
        return float(terms.loss), gradient.numpy().ravel()

    return function


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_valley_in_a_box_as_fast_as_scipy(seed):
    evaluate = valley(np.random.default_rng(seed))
    start = np.full(SHAPE, 0.5)
    ours, state = descent(evaluate, tf.constant(start), 80)
    theirs = scipy_losses(flat(evaluate), start, evaluations=80)
    for evaluations in (20, 60, 80):
        assert ours[evaluations - 1] < 1.02 * theirs[min(evaluations, len(theirs)) - 1]
    assert np.any(state.image == 0) and np.any(state.image == 1)
    assert np.all((state.image >= 0) & (state.image <= 1))


def test_style_transfer_as_fast_as_scipy(rng):
    config = StyleConfig(content_layers="conv3_1", style_layers="conv1_1,conv2_1,conv3_1", weights="random")
    network = feature_model(config.layers, weights=load_weights("random"))
    content = tf.image.resize(rng.random((1, 6, 6, 3)).astype(np.float32), (32, 40))
    style = tf.image.resize(rng.random((1, 12, 12, 3)).astype(np.float32) ** 3, (36, 36))

    evaluate = tf.function(value_and_gradient(terms_of(network, content, style, config=config)), autograph=False)

    def function(x):
        terms, gradient = evaluate(tf.constant(x.reshape(content.shape), tf.float32))
        return float(terms.loss), gradient.numpy().ravel().astype(np.float64)

    ours, _ = descent(evaluate, content, 60)
    theirs = scipy_losses(function, content.numpy(), evaluations=60)
    assert ours[-1] < 1.02 * theirs[-1]
    assert ours[-1] < ours[0] / 2


def test_loss_never_rises():
    losses, _ = descent(valley(np.random.default_rng(3)), tf.fill(SHAPE, tf.constant(0.5, tf.float64)), 60, history=3)
    assert np.all(np.diff(losses) <= 0)


def test_cliff_where_the_loss_is_no_number_is_not_stepped_over():
    lowest = tf.constant(0.69, tf.float64)

    def evaluate(image):
        loss = 1000 * tf.reduce_sum((image - lowest) ** 2)
        loss = tf.where(tf.reduce_max(image) > 0.7, tf.constant(np.nan, image.dtype), loss)
        return Value(loss), 2000 * (image - lowest)

    losses, state = descent(evaluate, tf.fill(SHAPE, tf.constant(0.1, tf.float64)), 40)
    assert np.all(np.isfinite(losses))
    np.testing.assert_allclose(state.image, 0.69, atol=1e-6)


def test_gradient_that_is_wrong_does_not_make_it_climb(rng):
    def evaluate(image):
        wrong = tf.constant(rng.normal(size=SHAPE))
        return Value(tf.reduce_sum((image - 0.3) ** 2)), wrong

    losses, _ = descent(evaluate, tf.fill(SHAPE, tf.constant(0.5, tf.float64)), 30)
    assert np.all(np.diff(losses) <= 0)


def test_pixels_pushed_against_a_bound_sit_out():
    def evaluate(image):
        return Value(tf.reduce_sum(image) + 5 * tf.reduce_sum((image[..., 0] - 0.5) ** 2)), tf.concat(
            [1 + 10 * (image[..., :1] - 0.5), tf.ones_like(image[..., 1:])], axis=-1
        )

    _, state = descent(evaluate, tf.fill(SHAPE, tf.constant(0.9, tf.float64)), 30)
    np.testing.assert_allclose(state.image[..., 0], 0.4, atol=1e-6)
    np.testing.assert_array_equal(state.image[..., 1:], 0)
