from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from nst_tf.gradients import value_and_gradient


class Terms(NamedTuple):
    loss: tf.Tensor
    other: tf.Tensor


def cubic(image, factor, shift):
    return Terms(tf.reduce_sum(factor * (image - shift) ** 3), tf.reduce_max(image))


@pytest.mark.parametrize("compiled", [False, True])
def test_it_returns_all_terms_and_the_slope_of_the_loss_by_the_image(compiled, rng):
    image, factor, shift = rng.random((1, 3, 4, 3)), rng.random((1, 3, 4, 3)), 0.3
    evaluate = value_and_gradient(cubic)
    terms, gradient = (tf.function(evaluate) if compiled else evaluate)(tf.constant(image), factor, shift)
    np.testing.assert_allclose(terms, (np.sum(factor * (image - shift) ** 3), image.max()), rtol=1e-12)
    np.testing.assert_allclose(gradient, 3 * factor * (image - shift) ** 2, rtol=1e-12)


def test_variables_that_the_loss_reads_get_no_gradient():
    variable = tf.Variable(2.0)
    loss = value_and_gradient(lambda image: Terms(variable * tf.reduce_sum(image), variable))
    with tf.GradientTape() as outer:
        outer.watch(variable)
        _, gradient = loss(tf.ones((1, 1, 1, 3)))
    np.testing.assert_array_equal(gradient, np.full((1, 1, 1, 3), 2.0))
