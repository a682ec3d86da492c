"""Named arrays in one `.npz`, written so that a kill at any moment leaves the old file or the new one."""

from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]


def write(path: Path, arrays: Arrays) -> None:
    """Write to a temporary name, then rename."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    partial.replace(path)


def read(path: Path) -> Arrays:
    """Read all arrays of a file."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files}
