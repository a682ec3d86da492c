"""Files that are written whole or not at all, and never over one that may not be replaced; why one is not read."""

import contextlib
import errno
import io
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

UNKNOWN_ORDER = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM}
"""Errors by which file systems say that they do not know an order, rather than that it has failed."""

NO_RENAME = UNKNOWN_ORDER | {errno.EBUSY, errno.EXDEV, errno.EACCES}
"""Errors by which they refuse to rename: to a mount of its own, across a border that the path does not show."""


@contextmanager
def whole_file(path: Path, *, overwrite: bool, prefix: str = PREFIX) -> Iterator[BinaryIO]:
    """Provide a stream to a temporary file, which gets its name when all has been written.

    A file that no rename can replace (a mount of its own, or one in a folder that can't be written to) is written to in
    its place when all is there. Rights and the order to put data on the disk at once are left out where a file system
    does not know them.

    Args:
        path: The file; a link stays one, and what it points to is written.
        overwrite: Whether an existing file may be replaced; it passes its permissions on.
        prefix: Of the temporary file's name, by which one that a killed process has left can be found.

    Raises:
        FileExistsError: If the file has appeared meanwhile and may not be replaced.
        OSError: If it can't be written.
    """
    path = Path(os.path.realpath(path))
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=path.suffix)
    except OSError:
        if not (overwrite and path.is_file() and os.access(path, os.W_OK)):
            raise
        memory = io.BytesIO()
        yield memory
        _rewrite(path, memory.getvalue())
        return
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            _sync(stream.fileno())  # or a power cut leaves the new name with nothing in it
        _pass_rights_on(path, temporary)
        _move(temporary, path, overwrite=overwrite)
        _sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):  # the file has its name, or the reason why not is on its way
            temporary.unlink(missing_ok=True)


def temporary_folder() -> Path:
    """Return the folder for temporary files.

    Raises:
        FileNotFoundError: If there is none that can be written to; the message says how to name one.
    """
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        named = f"TMPDIR ({os.environ['TMPDIR']}), " if os.environ.get("TMPDIR") else ""
        raise FileNotFoundError(
            f"A temporary folder is needed, and none of {named}the system's usual ones and the current one can be "
            "written to; name one that can, as in TMPDIR=/some/folder."
        ) from None


def told(error: Exception) -> str:
    """Return what a decoder says of a damaged file, in one line that is not too long; its kind if it says nothing."""
    return " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__


def _pass_rights_on(path: Path, temporary: Path) -> None:
    """Give a new file the rights of the old one, or the usual ones, where the file system has rights at all."""
    rights = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
    with contextlib.suppress(OSError):
        temporary.chmod(rights)


def _move(temporary: Path, path: Path, *, overwrite: bool) -> None:
    """Give a finished file its name, or its bytes to the name where neither links nor renames work."""
    if not overwrite:
        try:
            os.link(temporary, path)
            return
        except OSError as error:  # it exists, or the file system has no hard links
            if path.exists():
                raise FileExistsError(f"{path} has appeared meanwhile; choose another name.") from error
    try:
        temporary.replace(path)
    except OSError as error:
        if error.errno not in NO_RENAME:
            raise
        _rewrite(path, temporary.read_bytes()) if path.is_file() else _write_new(path, temporary.read_bytes())


def _rewrite(path: Path, data: bytes) -> None:
    """Write over a file in its place; what was in it is put back if that fails."""
    with path.open("r+b", buffering=0) as stream:
        before = stream.read()
        try:
            _fill(stream, data)
        except BaseException:
            _fill(stream, before)
            raise


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, under its own name."""
    with path.open("xb", buffering=0) as stream:
        try:
            _fill(stream, data)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _fill(stream: io.FileIO, data: bytes) -> None:
    stream.seek(0)
    left = memoryview(data)
    while left:
        left = left[stream.write(left) :]
    stream.truncate()
    _sync(stream.fileno())


def _sync(handle: int) -> None:
    """Have a file's bytes on the disk, where the file system knows that order; a disk that fails is an error."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in UNKNOWN_ORDER:
            raise


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
