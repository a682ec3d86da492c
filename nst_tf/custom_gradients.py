"""`tf.custom_gradient`, but graphs that use it can be freed.

TensorFlow registers a custom gradient under a new name in every graph that is traced, and never removes it. The
registered function refers to the graph, and the graph to the network's filters: 80 MB for each network ever compiled.
"""

import functools
import weakref
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops

_HELD = "nst_tf/gradients"
"""Collection of a graph that holds its gradients."""


def custom_gradient(function: Callable[..., tuple[tf.Tensor, Callable[..., Any]]]) -> Callable[..., tf.Tensor]:
    """Decorate a function that returns a tensor and its gradient function, as `tf.custom_gradient` does.

    Args:
        function: From tensors to a tensor, and to the function from an upstream gradient to those of the tensors.
    """
    decorated = tf.custom_gradient(function)

    @functools.wraps(function)
    def apply(*tensors: tf.Tensor) -> tf.Tensor:
        result = decorated(*tensors)
        if not tf.executing_eagerly():
            _let_the_graph_hold(result.op)
        return result

    return apply


def _let_the_graph_hold(operation: tf.Operation) -> None:
    """Move the gradient of an operation from TensorFlow's registry, which is left a weak reference, into its graph."""
    registry, name = ops.gradient_registry._registry, operation.get_attr("_gradient_op_type").decode()
    gradient = registry[name]["type"]
    operation.graph.add_to_collection(_HELD, gradient)
    weak: Any = weakref.ref(gradient, lambda _: registry.pop(name, None))
    registry[name]["type"] = lambda *arguments: weak()(*arguments)
