"""Paint a job whose files lie at URLs: fetch them, paint in a temporary folder, store the result and checkpoints."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from nst_tf.batch import remote
from nst_tf.batch.paths import INPUTS, paths_in, shown, with_paths
from nst_tf.errors import sentence
from nst_tf.jobs.checkpoints import checkpoint_files
from nst_tf.jobs.events import Event, OnEvent, Trouble
from nst_tf.jobs.job import PATHS, Job
from nst_tf.jobs.run_folder import COPIES
from nst_tf.storage.atomic_files import temporary_folder

OUTPUTS = ("output", "trace")
"""Fields of a job that are files to write."""


@contextmanager
def staged(job: Job, *, on_event: OnEvent) -> Iterator[tuple[Job, OnEvent]]:
    """Provide a job with local paths only, and a callback for its events that also stores its checkpoints.

    At the end, what the job has written is stored at its URLs, and what is left of its run, too.

    Args:
        job: The job.
        on_event: Receives the events.

    Raises:
        OSError: If a file can't be fetched or stored.
        ValueError: If a package for its URL is missing.
    """
    if not any(remote.is_remote(path) for name in PATHS for path in paths_in(getattr(job, name))):
        yield job, on_event
        return
    with tempfile.TemporaryDirectory(prefix="nst-tf-batch-", dir=temporary_folder()) as name:
        folder = Path(name)
        local = _fetched(job, folder)
        mirror = _Mirror(job.checkpoint, local.checkpoint, on_event)
        before = {field: _stamp(getattr(local, field)) for field in OUTPUTS}
        try:
            yield local, mirror
        finally:
            for field in OUTPUTS:
                here, there = getattr(local, field), getattr(job, field)
                if remote.is_remote(there) and _stamp(here) != before[field]:
                    remote.write_bytes(shown(there), here.read_bytes())
            mirror.store_all()


def _fetched(job: Job, folder: Path) -> Job:
    """Return the job with each URL replaced by a file in a folder; what exists at the URLs is fetched."""
    count = iter(range(1_000_000))

    def place(fetch: Callable[[str, Path], None]) -> Callable[[Path], Path]:
        """Return a function from a path to a local one."""

        def local(path: Path) -> Path:
            """Give a URL a place of its own."""
            if not remote.is_remote(path):
                return path
            here = folder / str(next(count)) / PurePosixPath(path).name
            here.parent.mkdir()
            fetch(shown(path), here)
            return here

        return local

    changes: dict[str, Any] = {}
    for name in PATHS:
        fetch = remote.download if name in INPUTS else _fetch_run if name == "checkpoint" else _fetch_if_there
        changes[name] = with_paths(getattr(job, name), place(fetch))
    return dataclasses.replace(job, **changes)


def _fetch_if_there(url: str, path: Path) -> None:
    if remote.exists(url):
        remote.download(url, path)


def _fetch_run(url: str, folder: Path) -> None:
    names = remote.files_in(url)
    if names:
        folder.mkdir()
    for name in names:
        remote.download(f"{url}/{name}", folder / name)


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Return what changes when a file is written; None if there is no file."""
    if path is None or not path.is_file():
        return None
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


class _Mirror:
    """Stores the files of a run's folder at a URL whenever there is a new checkpoint."""

    def __init__(self, there: Path | None, here: Path | None, on_event: OnEvent) -> None:
        """Mirror a folder, if it belongs to a URL."""
        self._url = shown(there) if there is not None and remote.is_remote(there) else None
        self._here, self._on_event = here, on_event
        self._stored: dict[str, tuple[int, int] | None] = self._found()

    def __call__(self, event: Event) -> None:
        """Pass an event on, and store what is new; a failure is reported and does not end the run."""
        from nst_tf.runs.progress import Progress

        self._on_event(event)
        if self._url and isinstance(event, Progress) and self._new():
            try:
                self._store()
            except (OSError, ValueError) as error:
                self._on_event(Trouble(message=f"A checkpoint can't be stored: {sentence(error)}", harmless=True))

    def store_all(self) -> None:
        """Store what is left of the run; if nothing is, remove the folder at the URL.

        Raises:
            OSError: If it can't be stored.
        """
        if not self._url or self._here is None:
            return
        if self._found():
            self._store()
        elif self._stored:
            remote.remove(self._url)

    def _store(self) -> None:
        """Store new files first and remove old ones last, so that there is always a checkpoint."""
        found = self._found()
        for name in self._new():
            with contextlib.suppress(FileNotFoundError):  # the run has removed it meanwhile
                remote.write_bytes(f"{self._url}/{name}", (self._here / name).read_bytes())  # type: ignore[operator]
                self._stored[name] = found[name]
        for name in [name for name in self._stored if name not in found]:
            remote.remove(f"{self._url}/{name}")
            del self._stored[name]

    def _new(self) -> list[str]:
        return [name for name, stamp in self._found().items() if self._stored.get(name) != stamp]

    def _found(self) -> dict[str, tuple[int, int] | None]:
        """Return the run's files, its oldest checkpoint first."""
        if self._here is None or not self._here.is_dir():
            return {}
        files = [*reversed(checkpoint_files(self._here)), *(file for each in COPIES for file in self._here.glob(each))]
        return {file.name: _stamp(file) for file in files}
