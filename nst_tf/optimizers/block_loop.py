"""An optimizer's steps on a picture that is looked at block by block: one after the other, not compiled.

The optimizer's pictures are NumPy arrays here. One that is writeable belongs to the loop, which overwrites it in the
next step; who wants to keep it copies it. The image is read-only: a run keeps the last image with a finite loss.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_tf.optimizers.interface import Move, Optimizer, State

BAND = 256
"""Rows of a picture that an elementwise optimizer moves at once."""

Image = npt.NDArray[np.float32]


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


def with_arrays(optimizer: Optimizer) -> Optimizer:
    """Return an elementwise optimizer whose pictures are NumPy arrays; another one unchanged."""
    if optimizer.move is None:
        return optimizer
    return optimizer._replace(
        start=lambda image, rate: optimizer.start(np.asarray(image), rate),
        restarted=lambda state, image: optimizer.restarted(state, np.asarray(image)),
        picture=lambda state: _in_bands(optimizer.picture, state),
    )


def moved_in_bands(move: Move, state: State, gradient: Image) -> State:
    """Take an elementwise step band by band, so that what it computes on its way takes little memory.

    The state before is lost, but for its image.
    """
    pictures = _pictures(state)
    after = {name: each if _is_own(each) else np.empty(each.shape, np.float32) for name, each in pictures.items()}
    moved = state
    for rows in _bands(gradient):
        moved = move(_part(state, rows), tf.convert_to_tensor(gradient[rows]))
        for name, array in after.items():
            array[rows] = getattr(moved, name)
    after["image"].setflags(write=False)
    return moved._replace(**after)


def _in_bands(picture: Callable[[State], tf.Tensor], state: State) -> Image:
    result = np.empty(state.image.shape, np.float32)
    for rows in _bands(result):
        result[rows] = picture(_part(state, rows))
    return result


def _bands(picture: Any) -> list[tuple[slice, slice]]:
    return [(slice(None), slice(top, top + BAND)) for top in range(0, picture.shape[1], BAND)]


def _part(state: State, rows: tuple[slice, slice]) -> State:
    return state._replace(**{name: tf.convert_to_tensor(value[rows]) for name, value in _pictures(state).items()})


def _pictures(state: State) -> dict[str, Any]:
    return {name: value for name, value in state._asdict().items() if len(value.shape) == 4}


def _is_own(picture: Any) -> bool:
    return isinstance(picture, np.ndarray) and picture.flags.writeable
