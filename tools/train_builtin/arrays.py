"""Named arrays in one `.npz`, written atomically."""

from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]


def write(path: Path, arrays: Arrays) -> None:
    """Write to a temporary file, then rename it."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    partial.replace(path)


def read(path: Path) -> Arrays:
    """Read all arrays of a file."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files}
