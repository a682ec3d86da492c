"""Compile functions of images, traced once for all sizes, and the optimization loop with its variables."""

import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nst_tf.optimizers.interface import Optimizer, State
from nst_tf.optimizers.loop import descend


def compile_for_all_sizes(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function so that it is traced once for images of all sizes."""
    traced = tf.function(function, autograph=False)
    return lambda *arguments: call_with_open_size(traced, *arguments)


def call_with_open_size(function: Any, *arguments: Any) -> Any:
    """Call a `tf.function` so that it is traced once for images of all sizes."""
    return function.get_concrete_function(*tf.nest.map_structure(_open_size, arguments))(*arguments)


def _open_size(tensor: tf.Tensor | None) -> tf.TensorSpec | None:
    return None if tensor is None else tf.TensorSpec(_open_shape(tensor), tensor.dtype)


def _open_shape(tensor: tf.Tensor) -> tf.TensorShape:
    """Return a shape with height and width of `(B, H, W, C)` left open."""
    shape = (tensor.shape[0], None, None, tensor.shape[3]) if tensor.shape.rank == 4 else tensor.shape
    return tf.TensorShape(shape)


class CompiledLoop:
    """An optimizer's steps on a `tf.Variable` image, compiled once for images of all sizes.

    The variables hold the optimizer's state during a call; their height and width are open. The steps between reading
    and assigning them are those of `descend`. Each call takes and returns a state under a lock, so that several runs,
    in threads or in each other's callbacks, can share a loop.

    Attributes:
        optimizer: The optimizer.
        variables: The optimizer's state, a named tuple of `tf.Variable`s.
        function: The `tf.function` that reads, loops and assigns.
    """

    def __init__(self, evaluate: Callable[..., tuple[Any, tf.Tensor]], optimizer: Optimizer) -> None:
        """Create the variables; the first call traces the loop.

        Args:
            evaluate: From an image and further arguments to the loss terms, and the gradient of the loss.
            optimizer: The optimizer.
        """
        self.optimizer = optimizer
        self.variables = tf.nest.map_structure(_variable, self._nothing())
        self._lock = threading.Lock()

        def loop(arguments: Any, terms: Any, steps: tf.Tensor) -> Any:
            """Read the variables, take some steps, and assign them."""
            state = tf.nest.map_structure(tf.convert_to_tensor, self.variables)
            state, terms = descend(lambda image: evaluate(image, *arguments), optimizer, state, terms, steps)
            self._assign(state)
            return terms

        self.function = tf.function(loop, autograph=False)

    def __call__(self, arguments: Any, state: State, terms: Any, steps: int) -> tuple[State, Any]:
        """Take some steps.

        Args:
            arguments: Arguments of `evaluate` after the image.
            state: The state before the first step.
            terms: The last terms of `evaluate`, or zeros of the same structure.
            steps: Number of steps.

        Returns:
            The state after the last step, and the terms evaluated in this step.
        """
        with self._lock:
            self._assign(state)
            terms = call_with_open_size(self.function, arguments, terms, tf.constant(steps))
            return tf.nest.map_structure(tf.convert_to_tensor, self.variables), terms

    @property
    def image(self) -> tf.Variable:
        """The image being optimized, `(1, H, W, 3)`, H and W open; empty between runs."""
        return self.variables.image

    @property
    def traces(self) -> int:
        """How many times the loop has been traced."""
        return int(self.function.experimental_get_tracing_count())

    def release(self) -> None:
        """Free the memory of the last state, which the variables would otherwise keep."""
        with self._lock:
            self._assign(self._nothing())

    def _nothing(self) -> State:
        return self.optimizer.start(tf.zeros((1, 0, 0, 3)), 0.0)

    def _assign(self, state: State) -> None:
        tf.nest.map_structure(lambda variable, tensor: variable.assign(tensor), self.variables, state)


def _variable(tensor: tf.Tensor) -> tf.Variable:
    return tf.Variable(tensor, trainable=False, shape=_open_shape(tensor))
