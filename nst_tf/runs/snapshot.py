"""Snapshot of a run between two steps, as plain data, from which the run can be continued exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_tf.optimizers.interface import State
from nst_tf.optimizers.loop import LoopState
from nst_tf.storage.arrays import Arrays, read_arrays, write_arrays

_STATE = "state/"


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """Snapshot of a run; `nst_tf.stylize` with the same pictures and settings continues from it.

    Attributes:
        stage: Index of the size being painted.
        taken: Steps taken at this size.
        seconds: Time that the run has taken so far.
        losses: The losses at the ends of the last two windows, for early stopping, `(2,)`.
        terms: The last loss and its terms, `(4,)`.
        state: The optimizer's tensors by name, those of a sequence as `name/0`, `name/1`, ...; views on a CPU.
    """

    stage: int
    taken: int
    seconds: float
    losses: npt.NDArray[np.float64]
    terms: npt.NDArray[np.float32]
    state: Arrays

    @property
    def step(self) -> int:
        """Steps taken, at all sizes together."""
        return int(self.state["step"])

    @classmethod
    def capture(cls, loop_state: LoopState, *, stage: int, seconds: float) -> "Snapshot":
        """Capture the state of a run.

        Args:
            loop_state: The state of the loop at this size.
            stage: Index of the size being painted.
            seconds: Time that the run has taken so far.
        """
        return cls(
            stage=stage,
            taken=loop_state.taken,
            seconds=seconds,
            losses=np.asarray(loop_state.losses),
            terms=np.stack(loop_state.terms),
            state={name: _settled(tensor) for name, tensor in _named(loop_state.state).items()},
        )

    def restore(self, like: State, terms: type[Any]) -> LoopState:
        """Restore the state of the loop.

        Args:
            like: A state of the same optimizer at the same size.
            terms: The class of the loss terms, a named tuple.

        Raises:
            ValueError: If this is a snapshot of another optimizer or size.
        """
        wanted = {name: (tuple(tensor.shape), np.dtype(_kind(tensor)).type) for name, tensor in _named(like).items()}
        found = {name: (array.shape, array.dtype.type) for name, array in self.state.items()}
        if wanted != found or self.terms.shape != (len(terms._fields),):
            odd = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
            raise ValueError(f"The snapshot is of another run: its {', '.join(odd) or 'terms'} have another shape.")
        tensors = [_as(tensor, self.state[name]) for name, tensor in _named(like).items()]
        state = tf.nest.pack_sequence_as(like, tensors)
        low, high = self.losses.tolist()
        return LoopState(state, terms(*tf.constant(self.terms)), self.taken, (low, high), good=state.image)

    def save(self, path: str | Path) -> None:
        """Write an `.npz` file, atomically.

        Raises:
            OSError: If the file can't be written.
            ValueError: If a value is not finite, so that the run could not be continued.
        """
        write_arrays(Path(path), self.as_arrays())

    @classmethod
    def load(cls, path: str | Path) -> "Snapshot":
        """Read a file that `save` wrote.

        Raises:
            OSError: If the file does not exist, or can't be read.
            ValueError: If it is damaged, or not a snapshot.
        """
        return cls.from_arrays(read_arrays(Path(path)))

    def as_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the snapshot as named arrays.

        Raises:
            ValueError: If a value is not finite.
        """
        _check_finite({**self.state, "terms": self.terms})
        numbers = {"stage": np.int64(self.stage), "taken": np.int64(self.taken), "seconds": np.float64(self.seconds)}
        plain = {name: np.asarray(number) for name, number in numbers.items()}
        return plain | {"losses": self.losses, "terms": self.terms} | {_STATE + k: v for k, v in self.state.items()}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Snapshot":
        """Build a snapshot from the result of `as_arrays`; additional arrays are ignored.

        Raises:
            ValueError: If the arrays are not a valid snapshot.
        """
        state = {name.removeprefix(_STATE): array for name, array in arrays.items() if name.startswith(_STATE)}
        try:
            stage, taken, step = (int(_kept(arrays, name, np.int64)) for name in ("stage", "taken", f"{_STATE}step"))
            seconds, losses = float(_kept(arrays, "seconds", np.float64)), _kept(arrays, "losses", np.float64, (2,))
            terms = _kept(arrays, "terms", np.float32, arrays["terms"].shape)
        except KeyError as error:
            raise ValueError(f"The snapshot is damaged: it has no {error.args[0]}.") from None
        _check_finite({**state, "terms": terms, "seconds": arrays["seconds"]})
        if not (stage >= 0 and 0 <= taken <= step) or np.isnan(losses).any():
            raise ValueError(f"The snapshot is damaged: it can't be at step {taken} of {step} at size {stage}.")
        return cls(stage=stage, taken=taken, seconds=seconds, losses=losses, terms=terms, state=state)


def _named(state: State) -> dict[str, tf.Tensor]:
    """Name a state's tensors, in the order in which `tf.nest` flattens it."""
    named: dict[str, tf.Tensor] = {}
    for name, value in state._asdict().items():
        named |= {f"{name}/{i}": part for i, part in enumerate(value)} if isinstance(value, tuple) else {name: value}
    return named


def _settled(value: Any) -> npt.NDArray[Any]:
    """Return a value as an array that stays as it is: a run overwrites arrays that are writeable."""
    return np.array(value) if isinstance(value, np.ndarray) and value.flags.writeable else np.asarray(value)


def _as(like: Any, array: npt.NDArray[Any]) -> Any:
    """Convert an array to what another value is, a tensor or a read-only array."""
    if not isinstance(like, np.ndarray):
        return tf.constant(array)
    view = array.view()
    view.setflags(write=False)
    return view


def _kind(value: Any) -> Any:
    return value.dtype if isinstance(value, np.ndarray) else value.dtype.as_numpy_dtype


def _kept(arrays: Arrays, name: str, kind: type[Any], shape: tuple[int, ...] = ()) -> npt.NDArray[Any]:
    array = arrays[name]
    if array.shape != shape or array.dtype.type is not kind:
        raise ValueError(f"The snapshot is damaged: {name} is {array.dtype} of shape {array.shape}.")
    return array


def _check_finite(arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    for name, array in arrays.items():
        if array.dtype.kind not in "if" or not np.isfinite(array).all():
            raise ValueError(f"The snapshot's {name} is not finite.")
