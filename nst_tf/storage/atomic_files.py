"""Write files atomically: whole or not at all, and never over one that may not be replaced."""

import contextlib
import errno
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PREFIX = ".nst-tf-"
"""Prefix of the names of all temporary files."""

NOT_SUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM}
"""Errors of a file system that does not support an operation, rather than failing at it."""

NO_RENAME = NOT_SUPPORTED | {errno.EBUSY, errno.EXDEV, errno.EACCES}
"""Errors of a file system that can't rename: onto a mount point, or from one file system to another."""


@contextmanager
def atomic_write(path: Path, *, overwrite: bool, prefix: str = PREFIX) -> Iterator[BinaryIO]:
    """Open a temporary file for writing, and rename it to the path when the context ends without an error.

    A file that no rename can replace (a mount point, or a file in a read-only folder) is overwritten in place when all
    bytes are there. Permissions and fsync are skipped where the file system does not support them.

    Args:
        path: The file to write; a link is followed, and stays a link.
        overwrite: Whether an existing file may be replaced; the new one gets its permissions.
        prefix: Prefix of the temporary file's name, by which leftovers of a killed process can be found.

    Raises:
        FileExistsError: If the file exists by now and may not be replaced.
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
            _sync(stream.fileno())  # otherwise a power cut could leave an empty file
        _copy_permissions(path, temporary)
        _move(temporary, path, overwrite=overwrite)
        _sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):  # it has been renamed, or another error is being raised
            temporary.unlink(missing_ok=True)


def temporary_folder() -> Path:
    """Return the folder for temporary files.

    Raises:
        FileNotFoundError: If none can be written to; the message says how to name one.
    """
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        named = f"TMPDIR ({os.environ['TMPDIR']}), " if os.environ.get("TMPDIR") else ""
        raise FileNotFoundError(
            f"A temporary folder is needed, and none of {named}the system's defaults and the current folder can be "
            "written to; name another, as in TMPDIR=/some/folder."
        ) from None


def _copy_permissions(path: Path, temporary: Path) -> None:
    """Give a new file the permissions of the old one, or the usual ones, where the file system has permissions."""
    permissions = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
    with contextlib.suppress(OSError):
        temporary.chmod(permissions)


def _move(temporary: Path, path: Path, *, overwrite: bool) -> None:
    """Move a finished file to its path; where neither a link nor a rename works, write its bytes there."""
    if not overwrite:
        try:
            os.link(temporary, path)
            return
        except OSError as error:  # it exists, or the file system does not support hard links
            if path.exists():
                raise FileExistsError(f"{path} was created in the meantime; choose another name.") from error
    try:
        temporary.replace(path)
    except OSError as error:
        if error.errno not in NO_RENAME:
            raise
        _rewrite(path, temporary.read_bytes()) if path.is_file() else _write_new(path, temporary.read_bytes())


def _rewrite(path: Path, data: bytes) -> None:
    """Overwrite a file in place; restore its content if that fails."""
    with path.open("r+b", buffering=0) as stream:
        before = stream.read()
        try:
            _fill(stream, data)
        except BaseException:
            _fill(stream, before)
            raise


def _write_new(path: Path, data: bytes) -> None:
    """Write a new file directly under its final name; remove it if that fails."""
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
    """Flush a file to the disk, where the file system supports it; a failing disk is an error."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, where the system supports it."""
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
