"""Compiled functions of pictures, traced once for all sizes, and the compiled loop with its variables."""

import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nst_tf.optimizers.interface import Optimizer, State
from nst_tf.optimizers.loop import descend


def compile_for_all_sizes(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function such that it is traced once for pictures of all sizes."""
    traced = tf.function(function, autograph=False)
    return lambda *arguments: call_with_open_size(traced, *arguments)


def call_with_open_size(function: Any, *arguments: Any) -> Any:
    """Call a `tf.function` such that it is traced once for pictures of all sizes."""
    return function.get_concrete_function(*tf.nest.map_structure(_open_size, arguments))(*arguments)


def _open_size(tensor: tf.Tensor) -> tf.TensorSpec:
    return tf.TensorSpec(_open_shape(tensor), tensor.dtype)


def _open_shape(tensor: tf.Tensor) -> tf.TensorShape:
    """Return a shape with height and width of `(B, H, W, C)` left open."""
    shape = (tensor.shape[0], None, None, tensor.shape[3]) if tensor.shape.rank == 4 else tensor.shape
    return tf.TensorShape(shape)


class CompiledLoop:
    """An optimizer's steps on a `tf.Variable` image, compiled once for pictures of all sizes.

    The variables hold the optimizer's state while steps are taken; their height and width are open. The steps between
    reading and assigning them are those of `descend`. A call brings its state along and takes it away again, and a
    lock makes it one piece, so that several runs, in threads or in each other's callbacks, can share a loop.

    Attributes:
        optimizer: The method of descent.
        variables: The optimizer's state, a named tuple of `tf.Variable`s.
        function: The `tf.function` that reads, loops and assigns.
    """

    def __init__(self, evaluate: Callable[..., tuple[Any, tf.Tensor]], optimizer: Optimizer) -> None:
        """Make the variables; the loop itself is traced by the first call.

        Args:
            evaluate: From an image and further arguments to what to minimize, and its gradient by the image.
            optimizer: The method of descent.
        """
        self.optimizer = optimizer
        self.variables = tf.nest.map_structure(_variable, self._nothing())
        self._lock = threading.Lock()

        def loop(arguments: Any, terms: Any, steps: tf.Tensor) -> Any:
            state = tf.nest.map_structure(tf.convert_to_tensor, self.variables)
            state, terms = descend(lambda image: evaluate(image, *arguments), optimizer, state, terms, steps)
            self._assign(state)
            return terms

        self.function = tf.function(loop, autograph=False)

    def __call__(self, arguments: Any, state: State, terms: Any, steps: int) -> tuple[State, Any]:
        """Take some steps.

        Args:
            arguments: What `evaluate` takes beside the image.
            state: Where to start.
            terms: What `evaluate` returned last, or zeros of that structure.
            steps: How many.

        Returns:
            The state after the last step, and the terms that this step evaluated.
        """
        with self._lock:
            self._assign(state)
            terms = call_with_open_size(self.function, arguments, terms, tf.constant(steps))
            return tf.nest.map_structure(tf.convert_to_tensor, self.variables), terms

    @property
    def image(self) -> tf.Variable:
        """The picture being optimized, `(1, H, W, 3)`, H and W open; none between runs."""
        return self.variables.image

    @property
    def traces(self) -> int:
        """How many times the loop has been traced."""
        return int(self.function.experimental_get_tracing_count())

    def release(self) -> None:
        """Let go of the last state, which the variables keep otherwise."""
        with self._lock:
            self._assign(self._nothing())

    def _nothing(self) -> State:
        return self.optimizer.start(tf.zeros((1, 0, 0, 3)), 0.0)

    def _assign(self, state: State) -> None:
        tf.nest.map_structure(lambda variable, tensor: variable.assign(tensor), self.variables, state)


def _variable(tensor: tf.Tensor) -> tf.Variable:
    return tf.Variable(tensor, trainable=False, shape=_open_shape(tensor))
