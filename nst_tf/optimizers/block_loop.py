"""An optimizer's steps on a picture that is looked at block by block: one after the other, not compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from nst_tf.optimizers.interface import Move, Optimizer, State

BAND = 256
"""Rows of a picture that an elementwise optimizer moves at once."""


class BlockLoop:
    """Takes steps as `CompiledLoop` does, with a gradient that can't be part of one graph."""

    def __init__(self, evaluate: Callable[..., tuple[Any, Any]], optimizer: Optimizer) -> None:
        """Prepare.

        Args:
            evaluate: From an image and further arguments to what to minimize, and its gradient by the image.
            optimizer: The method of descent.
        """
        self._evaluate, self._optimizer = evaluate, optimizer

    def __call__(self, arguments: Any, state: State, terms: Any, steps: int) -> tuple[State, Any]:
        """Take some steps; arguments and result are those of `CompiledLoop`."""
        move = self._optimizer.move
        for _ in range(steps):
            if move is None:
                state, terms = self._optimizer.step(state, terms, lambda image: self._tensors(image, arguments))
            else:
                terms, gradient = self._evaluate(state.image, *arguments)
                state = moved_in_bands(move, state, gradient)
        return state, terms

    def _tensors(self, image: tf.Tensor, arguments: Any) -> tuple[Any, tf.Tensor]:
        terms, gradient = self._evaluate(image, *arguments)
        return terms, tf.convert_to_tensor(gradient)


def moved_in_bands(move: Move, state: State, gradient: Any) -> State:
    """Take an elementwise step band by band, so that what it computes on its way takes little memory.

    The state before stays what it was, since whoever watches a run may keep it.
    """
    pictures = {name: value for name, value in state._asdict().items() if len(value.shape) == 4}
    after = {name: np.empty(value.shape, np.float32) for name, value in pictures.items()}
    moved = state
    for top in range(0, gradient.shape[1], BAND):
        rows = slice(None), slice(top, top + BAND)
        part = state._replace(**{name: tf.convert_to_tensor(value[rows]) for name, value in pictures.items()})
        moved = move(part, tf.convert_to_tensor(gradient[rows]))
        for name, array in after.items():
            array[rows] = getattr(moved, name)
    return moved._replace(**after)
