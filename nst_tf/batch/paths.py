"""The files of a job, any of which may be a URL, and of which a field may hold several."""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from nst_tf.storage.path_checks import address

INPUTS = ("content", "style", "content_mask", "style_mask")
"""Fields of a job that are pictures to read."""

RUN_PREFIX = ".nst-tf-run-"
"""Prefix of the folders in which a batch keeps its checkpoints."""


def paths_in(value: Any) -> tuple[Path, ...]:
    """Return the paths in a field's value: one, several, or none."""
    if value is None:
        return ()
    return (value,) if isinstance(value, Path) else tuple(each for item in _items(value) for each in paths_in(item))


def with_paths(value: Any, change: Callable[[Path], Path]) -> Any:
    """Return a field's value with each of its paths changed."""
    if value is None:
        return None
    return change(value) if isinstance(value, Path) else type(value)(with_paths(item, change) for item in _items(value))


def shown(path: Path) -> str:
    """Return a path as a user wrote it: a URL with its two slashes."""
    return address(path) or str(path)


def run_folder_beside(output: Path) -> Path:
    """Return the folder for the checkpoints of a picture: hidden, beside its result, with a name of fixed length."""
    return output.with_name(f"{RUN_PREFIX}{hashlib.sha256(os.fsencode(output.name)).hexdigest()[:16]}")


def _items(value: Any) -> Iterable[Any]:
    return (item for item in value if isinstance(item, (Path, tuple, list)))
