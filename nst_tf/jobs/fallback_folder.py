"""Save a result somewhere else if its own path can't be written."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from nst_tf.errors import describe

FALLBACK_PREFIX = "nst-tf-"
"""Prefix of such a folder's name."""


def save_to_fallback_folder(name: str, save: Callable[[Path], None]) -> Path:
    """Save a file in a new folder: a temporary one, else one at home, else one in the current folder.

    Args:
        name: Name of the file.
        save: Writes a file.

    Returns:
        The file.

    Raises:
        OSError: If no folder can be written; the message lists those tried.
    """
    tried = []
    for place in _places():
        try:
            return _saved(place, name, save)
        except Exception as error:  # try the next folder
            tried.append(f"{place} ({describe(error)})")
    raise OSError(f"It can't be kept anywhere else either: {', '.join(tried)}.")


def _places() -> Iterator[Path]:
    finders: tuple[Callable[[], str | Path], ...] = (tempfile.gettempdir, Path.home, Path.cwd)
    for find in finders:
        with contextlib.suppress(OSError, RuntimeError):  # there is none
            yield Path(find())


def _saved(place: Path, name: str, save: Callable[[Path], None]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=FALLBACK_PREFIX, dir=place))
    try:
        save(folder / name)
    except BaseException:
        with contextlib.suppress(OSError):
            folder.rmdir()
        raise
    return folder / name
