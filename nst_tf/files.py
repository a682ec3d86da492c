"""Files that are written whole or not at all, and never over one that may not be replaced; why one is not read."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

LONGEST_REASON = 300
"""Letters of a decoder's error that are shown; some recite half of the file."""

PREFIX = ".nst-tf-"
"""How the names of all temporary files begin."""


@contextmanager
def whole_file(path: Path, *, overwrite: bool, prefix: str = PREFIX) -> Iterator[BinaryIO]:
    """Provide a stream to a temporary file, which gets its name when all has been written.

    Args:
        path: The file; a link stays one, and what it points to is written.
        overwrite: Whether an existing file may be replaced; it passes its permissions on.
        prefix: Of the temporary file's name, by which one that a killed process has left can be found.

    Raises:
        FileExistsError: If the file has appeared meanwhile and may not be replaced.
        OSError: If it can't be written.
    """
    path = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=path.suffix)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())  # or a power cut leaves the new name with nothing in it
        temporary.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        _move(temporary, path, overwrite=overwrite)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def told(error: Exception) -> str:
    """Return what a decoder says of a damaged file, in one line that is not too long; its kind if it says nothing."""
    return " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__


def _move(temporary: Path, path: Path, *, overwrite: bool) -> None:
    """Give a finished file its name."""
    if overwrite:
        temporary.replace(path)
        return
    try:
        os.link(temporary, path)
    except OSError as error:  # it exists, or the file system has no hard links
        if path.exists():
            raise FileExistsError(f"{path} has appeared meanwhile; choose another name.") from error
        temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk, where a system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
