"""Check that a job's outputs do not overwrite each other or its inputs."""

import itertools
import os
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

Place = tuple[str, ...]
"""The parts of an absolute path without links; names that some file systems take for the same one are the same."""


def check_apart(outputs: Mapping[str, Path], inputs: Mapping[str, Path]) -> None:
    """Refuse outputs that coincide, lie in one another, or are inputs; links are followed.

    Args:
        outputs: Name in messages to a file or folder.
        inputs: Name in messages to a file.

    Raises:
        ValueError: If paths conflict.
    """
    for (one, path), (other, within) in itertools.permutations(outputs.items(), 2):
        outer, inner = place(path), place(within)
        if inner[: len(outer)] == outer:
            relation = "is the same as" if inner == outer else "lies in"
            raise ValueError(f"{other} ({within}) {relation} {one} ({path}); name another place for one of them.")
    for (one, path), (other, read) in itertools.product(outputs.items(), inputs.items()):
        if place(path) == place(read):
            raise ValueError(f"{one} ({path}) is {other}, which is read; name another place for it.")


def check_intermediates(output: Path, others: Mapping[str, Path], *, option: str) -> None:
    """Refuse paths that are, or lie in, a file named like an intermediate picture.

    Args:
        output: The result.
        others: Name in messages to a file or folder that is written or read.
        option: Name in messages of the setting for intermediates.

    Raises:
        ValueError: If a path conflicts.
    """
    *folder, name = place(output)
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 (a folded name is no path)
    pattern = re.compile(rf"{re.escape(stem)}-[0-9]{{5,}}{re.escape(suffix)}")
    for other, path in others.items():
        parts = place(path)
        if parts[: len(folder)] == tuple(folder) and pattern.fullmatch((*parts, "")[len(folder)]):
            raise ValueError(
                f"{other} ({path}) has a name that {option} may give to a picture; name another place for it."
            )


def place(path: Path) -> Place:
    """Normalize a path, so that two names of one file or folder compare equal, as far as known before it exists."""
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in Path(os.path.realpath(path)).parts)
