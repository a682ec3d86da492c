"""Custom gradients: the same as TensorFlow's, in graphs that can be freed."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

from nst_tf.custom_gradients import custom_gradient


@custom_gradient
def doubled(x):
    return tf.identity(x), lambda upstream: 2 * upstream


def gradient_by_tape(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(doubled(x) * doubled(x))
    return tape.gradient(y, x)


def gradient_by_graph(x):
    return tf.gradients(tf.reduce_sum(doubled(x) * doubled(x)), x)[0]


def gradient_through_a_function(x):
    inner = tf.function(lambda x: tf.reduce_sum(doubled(x) * doubled(x)), autograph=False)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = inner(x)
    return tape.gradient(y, x)


def gradient_in_a_loop(x):
    def step(index, x):
        return index + 1, gradient_by_tape(x)

    return tf.while_loop(lambda index, _: index < 1, step, (0, x))[1]


@pytest.mark.parametrize(
    "gradient", [gradient_by_tape, gradient_by_graph, gradient_through_a_function, gradient_in_a_loop]
)
def test_the_gradient_is_ours_wherever_it_is_taken(gradient):
    x = tf.constant([1.0, -3.0])
    compiled = tf.function(gradient, autograph=False)
    for _ in range(2):
        np.testing.assert_array_equal(compiled(x), 4 * x)
    if gradient is not gradient_by_graph:
        np.testing.assert_array_equal(gradient(x), 4 * x)


def registered():
    return sum(name.startswith("CustomGradient") for name in ops.gradient_registry.list())


def compiled_with_a_variable(gradient):
    variable = tf.Variable([1.0, 2.0])
    compiled = tf.function(lambda: gradient(variable + 0.0), autograph=False)
    compiled()
    return compiled


@pytest.mark.parametrize("gradient", [gradient_by_tape, gradient_by_graph, gradient_in_a_loop])
def test_a_function_that_nobody_holds_is_freed_with_its_variables(gradient):
    gc.collect()
    before, compiled = registered(), compiled_with_a_variable(gradient)
    graph = weakref.ref(compiled.get_concrete_function().graph)
    assert registered() > before
    del compiled
    gc.collect()
    assert graph() is None and registered() == before
