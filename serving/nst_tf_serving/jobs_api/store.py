"""The folder of all jobs: one folder for each, with its pictures, its record, and the run's checkpoints.

A job's folder gets its final name when all of its files are there, so that there is never half a job.
"""

import contextlib
import dataclasses
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from nst_tf.batch.record import Record
from nst_tf.jobs.job import Job
from nst_tf.storage.atomic_files import PREFIX, atomic_write
from nst_tf_serving.jobs_api.records import JobRecord
from nst_tf_serving.jobs_api.submission import job_config

CONTENT, STYLE, RESULT, RUN = "content", "style-{}", "painting.png", "run"
PREVIEW, BEFORE = "preview.jpg", "before.jpg"
RECORD = "job.json"

IDENTIFIER = re.compile(r"[0-9a-f]{16}")
"""What a job may be called, so that no name is ever a path."""

NEW = f"{PREFIX}new-"
"""Prefix of the folder of a job whose files are not all there."""


class JobStore:
    """Keeps jobs in a folder.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        """Use a folder; nothing is written before `claimed`."""
        self.folder = folder

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Create the folder, and keep other servers out of it until this one ends.

        Raises:
            BlockingIOError: If another server uses it.
            OSError: If it can't be created or written to.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self.folder / f"{PREFIX}lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BlockingIOError(
                f"Another server keeps its jobs in {self.folder}; stop it, or name another folder with --jobs."
            ) from None
        try:
            for unfinished in self.folder.glob(f"{NEW}*"):
                shutil.rmtree(unfinished, ignore_errors=True)
            yield
        finally:
            lock.release()

    def create(self, record: JobRecord, content: BinaryIO, styles: Sequence[BinaryIO]) -> None:
        """Keep a new job.

        Raises:
            OSError: If it can't be written.
        """
        folder = self.folder / f"{NEW}{record.id}"
        folder.mkdir()
        try:
            names = [CONTENT, *(STYLE.format(number) for number in range(1, len(styles) + 1))]
            for name, source in zip(names, (content, *styles), strict=True):
                with (folder / name).open("xb") as stream:
                    shutil.copyfileobj(source, stream)
            (folder / RECORD).write_text(record.as_json())
            folder.rename(self.folder / record.id)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def save(self, record: JobRecord) -> None:
        """Write a job's record.

        Raises:
            OSError: If it can't be written.
        """
        with atomic_write(self.file(record.id, RECORD), overwrite=True) as stream:
            stream.write(record.as_json().encode())

    def load(self) -> list[JobRecord]:
        """Read the records of all jobs, the oldest first; a folder without a good one is left alone."""
        found = []
        for folder in self.folder.iterdir():
            if IDENTIFIER.fullmatch(folder.name):
                with contextlib.suppress(OSError, ValueError):
                    record = JobRecord.from_json((folder / RECORD).read_bytes())
                    if record.id == folder.name:
                        found.append(record)
        return sorted(found, key=lambda record: record.created)

    def remove(self, identifier: str) -> None:
        """Remove a job with all of its files, its record first, so that no half of it comes back."""
        with contextlib.suppress(OSError):
            self.file(identifier, RECORD).unlink(missing_ok=True)
        shutil.rmtree(self.folder / identifier, ignore_errors=True)

    def remove_run(self, identifier: str) -> None:
        """Remove the checkpoints of a job that will not be continued."""
        shutil.rmtree(self.file(identifier, RUN), ignore_errors=True)

    def with_names(self, record: JobRecord, painted: Record) -> Record:
        """Return how painting has ended, with the file names of the job's client in place of the server's paths."""
        error = painted.error and self._named(record, painted.error)
        warnings = tuple(self._named(record, each) for each in painted.warnings)
        return dataclasses.replace(painted, error=error, warnings=warnings)

    def _named(self, record: JobRecord, message: str) -> str:
        folder = self.folder.absolute() / record.id
        names = {STYLE.format(number): name for number, name in enumerate(record.styles, 1)}
        for file, name in {**names, CONTENT: record.content}.items():
            message = message.replace(str(folder / file), name)
        return re.sub(rf"{re.escape(str(folder))}(/[^\s:;,()']*[^\s:;,()'.])?", "the job's folder", message)

    def file(self, identifier: str, name: str) -> Path:
        """Return the path of a job's file, whether it is there or not."""
        return self.folder / identifier / name

    def job(self, record: JobRecord) -> Job:
        """Return what the library paints.

        Raises:
            ValueError: If its settings are not valid any more, since another version kept them.
        """
        folder = self.folder.absolute() / record.id
        return Job(
            content=folder / CONTENT,
            style=tuple(folder / STYLE.format(number) for number in range(1, len(record.styles) + 1)),
            output=folder / RESULT,
            checkpoint=folder / RUN,
            config=job_config(record.preset, record.settings, preview=record.preview),
            home=folder,
        )
