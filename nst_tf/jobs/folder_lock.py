"""One process at a time in a run's folder."""

import contextlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from nst_tf.storage.atomic_files import PREFIX

LOCK_FILE = f"{PREFIX}lock"
"""Name of the file that is locked; it is there while a run is painted, and after a process was killed."""


@contextmanager
def locked(folder: Path, name: Path) -> Iterator[None]:
    """Keep other processes out of a folder, until this one leaves it or dies.

    Where nothing can be written or locked, nobody is kept out.

    Args:
        folder: The folder.
        name: How error messages refer to it.

    Raises:
        BlockingIOError: If another process has locked it.
    """
    lock = FileLock(folder / LOCK_FILE)
    _acquire(lock, name)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file; there, releasing the lock does
            (folder / LOCK_FILE).unlink()
        with contextlib.suppress(OSError):  # the folder has vanished
            lock.release()


def _acquire(lock: BaseFileLock, name: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where it locks in another way
            lock.acquire(timeout=0)
    except Timeout:
        raise BlockingIOError(f"Another process is painting the run in {name}; wait until it has ended.") from None
    except (OSError, NotImplementedError):  # a file system that is read-only or full, or knows no locks
        return
