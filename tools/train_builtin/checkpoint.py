"""Training state in one file: all variables except the corpus, and the progress."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tools.train_builtin.arrays import read, write
from tools.train_builtin.recipe import Progress

_PROGRESS = "progress/"


def save(path: Path, model: keras.Model, progress: Progress) -> None:
    """Write the variables of model and optimizer and the progress, replacing the file atomically."""
    arrays = {name: v.numpy() for name, v in _variables(model).items()}
    arrays |= {_PROGRESS + key: np.asarray(value) for key, value in asdict(progress).items()}
    write(path, arrays)


def restore(path: Path, model: keras.Model) -> Progress:
    """Restore the variables written by `save`, and return the progress.

    Raises:
        ValueError: If the file belongs to another network.
    """
    arrays = read(path)
    progress = Progress(step=int(arrays.pop(_PROGRESS + "step")), seconds=float(arrays.pop(_PROGRESS + "seconds")))
    variables = _variables(model)
    wanted = {name: tuple(variable.shape) for name, variable in variables.items()}
    if wanted != {name: array.shape for name, array in arrays.items()}:
        raise ValueError(f"{path} was written by another network; use the same options, or another --work")
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return progress


def _variables(model: keras.Model) -> dict[str, Any]:
    """Return the variables of model and optimizer and the random state by path."""
    named = [v for v in model.variables if v.path not in ("crops/pictures", "crops/halves")]
    return {v.path: v for v in named + list(model.optimizer.variables)}
