"""One run of a job: monitored, and saved even if it fails, so that no painting is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nst_tf.errors import DivergedError, sentence
from nst_tf.images.picture import Picture
from nst_tf.images.writing import check_output
from nst_tf.jobs.errors import NotPublishedError, RunFailedError
from nst_tf.jobs.events import OnEvent, Saving, Trouble, tolerating_failures
from nst_tf.jobs.fallback_folder import save_to_fallback_folder
from nst_tf.jobs.job import Job
from nst_tf.jobs.no_run_folder import AnyRunFolder
from nst_tf.jobs.recording import common_period, recorders, recording_period, save_trace, warn_on_failure, write_trace
from nst_tf.jobs.run_folder import FINISHED
from nst_tf.jobs.saving import save_painting

if TYPE_CHECKING:
    from nst_tf.runs.metadata import Metadata
    from nst_tf.runs.progress import Callback, Progress

Image = npt.NDArray[np.float32]


class Run:
    """A run of a job.

    Attributes:
        job: The job.
        notes: Metadata of the pictures.
        stopped: Whether it was interrupted, or failed.
        complete: Whether every other requested output was saved at its place.
    """

    def __init__(
        self, job: Job, content: Picture, notes: "Metadata", *, folder: AnyRunFolder, on_event: OnEvent
    ) -> None:
        """Prepare.

        Args:
            job: The job, with names that hold in the current folder.
            content: The photograph.
            notes: Metadata of the pictures until the run has ended.
            folder: The run's folder.
            on_event: Receives the run's events.
        """
        self.stopped, self.complete = False, True
        self.job, self._content, self.notes = job, content, notes
        self._folder, self._on_event = folder, tolerating_failures(on_event)
        self._step = 0
        self._latest: Progress | None = None

    @property
    def every(self) -> int | None:
        """Largest number of steps between two reports that still serves all recordings and checkpoints."""
        return common_period(recording_period(self.job), self._folder.every)

    @contextmanager
    def watched(self, should_stop: Callable[[], bool]) -> Iterator["Callback"]:
        """Provide the callback of the run, and save what was recorded, however the run ends.

        Raises:
            RunFailedError: If the run fails after its first step.
            NotPublishedError: If its last good picture then can't be saved as the result.
        """
        folder = self._folder
        checkpoint, last = (
            warn_on_failure(each, "A checkpoint", self._on_event) for each in (folder.save_if_due, folder.save)
        )
        recording = recorders(
            self.job,
            notes=self.notes,
            records=folder.records,
            resumed=folder.resumes,
            on_event=self._on_event,
        )

        def watch(now: "Progress") -> bool:
            """Report progress, save what is due, and return whether to stop."""
            self._step, self._latest = now.step, now
            self._on_event(now)
            self.stopped = should_stop() and now.step < now.steps  # after the last step there is nothing to stop
            for each in (*recorded, last if self.stopped else checkpoint):
                each(now)
            return self.stopped

        try:
            with recording as recorded, self._saved_if_it_fails():
                yield watch
        finally:
            self._latest = None  # it refers to all arrays of the run, and to this run again
            self._save_trace()

    def save(self, image: Image, notes: "Metadata | None" = None) -> Path:
        """Save the result with its metadata.

        Raises:
            NotPublishedError: If it could not be saved at its place.
        """
        self.notes = notes or self.notes
        self._on_event(Saving())
        job, folder = self.job, self._folder
        overwrite = job.overwrite or folder.is_own_file(job.output)
        copy = self._stored(image)
        try:
            if copy:
                check_output(job.output, overwrite=overwrite)
                folder.publish(copy, job.output, overwrite=overwrite)
            else:
                self._write(job.output, image, overwrite=overwrite)
        except Exception as error:  # no error may lose hours of painting
            raise self._not_published(error, copy or self._saved_elsewhere(image, error), stored=bool(copy)) from error
        if not self.stopped:
            self._finish()
        return job.output

    @contextmanager
    def _saved_if_it_fails(self) -> Iterator[None]:
        """Save the last good picture of a run that fails."""
        try:
            yield
        except Exception as error:
            latest = self._latest.image() if self._latest else None
            diverged = isinstance(error, DivergedError)
            image = error.image if isinstance(error, DivergedError) else latest
            if image is None:
                raise
            self.stopped = True
            saved = self.save(image)
            folder = None if diverged else self._folder.path
            raise RunFailedError(sentence(error), picture=saved, folder=folder) from error

    def _write(self, path: Path, image: Image, *, overwrite: bool) -> None:
        save_painting(path, image, job=self.job, content=self._content, notes=self.notes, overwrite=overwrite)

    def _stored(self, image: Image) -> Path | None:
        """Store the result in the run's folder first, so that it is safe and known to be the run's own."""
        step = f"interrupted-{self._step:09d}" if self.stopped else FINISHED
        name = f"{step}{self.job.output.suffix.lower()}"
        return self._store(name, lambda path: self._write(path, image, overwrite=True))

    def _store(self, name: str, save: Callable[[Path], None]) -> Path | None:
        try:
            return self._folder.store_copy(name, save)
        except Exception as error:  # the output itself may still be writable
            copy = self._folder.path and self._folder.path.absolute() / name
            self._on_event(Trouble(message=f"{copy} can't be written: {sentence(error)}"))
            return None

    def _saved_elsewhere(self, image: Image, error: Exception) -> Path:
        try:
            return save_to_fallback_folder("painting.png", lambda path: self._write(path, image, overwrite=False))
        except OSError as nowhere:
            reason = f"{sentence(error)} {nowhere}"
            raise NotPublishedError(reason, picture=None, folder=self._folder.path) from error

    def _not_published(self, error: Exception, picture: Path, *, stored: bool) -> NotPublishedError:
        finished = stored and not self.stopped
        return NotPublishedError(sentence(error), picture=picture, folder=self._folder.path, finished=finished)

    def _finish(self) -> None:
        try:
            self._folder.finish()
        except OSError as error:
            message = f"what is left in {self._folder.path} can't be removed: {sentence(error)}"
            self._on_event(Trouble(message=message, harmless=True))

    def _save_trace(self) -> None:
        path, records, folder = self.job.trace, self._folder.records, self._folder
        if path is None:
            return
        overwrite = self.job.overwrite or folder.is_own_file(path)
        self._store(f"trace-{len(records):09d}.json", lambda copy: write_trace(copy, records))
        self.complete = save_trace(path, records, overwrite=overwrite, prefix=folder.prefix, on_event=self._on_event)
