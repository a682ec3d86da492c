"""The folder of a run: its checkpoints, and a copy of each result and loss curve that it has published.

Each copy is stored before its file is published: a file that equals a copy is the run's own, so the run may replace it.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.jobs.checkpoints import CHECKPOINT_FILES, Checkpoint, checkpoint_files, read_checkpoint, write_checkpoint
from nst_tf.jobs.errors import RunExistsError
from nst_tf.jobs.events import OnEvent, ignore
from nst_tf.jobs.folder_lock import LOCK_FILE, locked
from nst_tf.jobs.job import Job
from nst_tf.storage.atomic_files import PREFIX, atomic_write
from nst_tf.storage.path_checks import check_folder_writable

if TYPE_CHECKING:
    from nst_tf.runs.progress import Progress
    from nst_tf.runs.provenance import Provenance
    from nst_tf.runs.snapshot import Snapshot

SECONDS = 30.0
"""Time between two checkpoints, if no number of steps is given."""

SHARE = 0.02
"""Share of the time that checkpoints may take; where they take longer, there are fewer."""

FINISHED = "finished"
"""Name of the copy of a finished painting, without its suffix."""

COPIES = (f"{FINISHED}.*", "interrupted-*", "trace-*.json")
OWN_FILES = (CHECKPOINT_FILES, f"{PREFIX}*", *COPIES)


class RunFolder:
    """The folder of one run.

    Attributes:
        job: The job, with paths relative to the current folder.
        path: The folder, as the caller named it.
        records: The loss curve so far.
        snapshot: The state to resume from; None for a new run.
        resumes: Whether the run is resumed.
    """

    def __init__(self, path: Path, job: Job, *, found: Checkpoint | None = None) -> None:
        """Prepare; nothing is written before `running`. Use `create` or `open`."""
        self.path, self._folder = path, path.absolute()
        self.job = replace(job.from_here(), checkpoint=path)
        self._given, self._found = job, found
        self.records: list[dict[str, Any]] = found.records if found else []
        self.snapshot: Snapshot | None = found.snapshot if found else None
        self._due = time.monotonic() + SECONDS

    @classmethod
    def create(cls, path: Path, job: Job) -> "RunFolder":
        """Return the folder of a new run; `running` creates it.

        Raises:
            RunExistsError: If it holds a run.
            OSError: If a new run can't use it for another reason.
        """
        _check_free(path)
        return cls(path, job)

    @classmethod
    def open(cls, path: Path, *, job: Job | None = None, on_event: OnEvent = ignore) -> "RunFolder":
        """Open a run to resume from its newest intact checkpoint; needs TensorFlow.

        Args:
            path: The folder.
            job: The job, if its files have other paths now; its settings are those of the checkpoint.
            on_event: Receives a `Trouble` if the newest checkpoint is damaged.

        Raises:
            NoRunError: If it holds no checkpoint.
            ValueError: If all checkpoints are damaged.
        """
        found = read_checkpoint(path, on_event=on_event)
        now = replace(job, config=found.job.config, checkpoint=path) if job else found.job
        return cls(path, now, found=found)

    @property
    def resumes(self) -> bool:
        """Whether the run is resumed."""
        return self._found is not None

    @property
    def step(self) -> int:
        """Steps taken before the run is resumed."""
        return self._found.step if self._found else 0

    @property
    def every(self) -> int | None:
        """Steps between two checkpoints; None to save by time."""
        return self.job.checkpoint_every

    @contextmanager
    def running(self, provenance: "Provenance") -> Iterator[None]:
        """Keep other processes out of the run until it ends.

        A resumed run must depend on the same inputs as before; a new one writes its first checkpoint.

        Raises:
            ValueError: If something that the run depends on has changed.
            RunExistsError: If another run has started in the folder meanwhile.
            OSError: If the folder can't be written to, or another process paints the run.
        """
        self._provenance = provenance
        if not self._found:
            self._folder.mkdir(exist_ok=True)
        with self.claimed():
            self._begin()
            yield

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep other processes out, and remove the folder if nothing is left in it afterwards.

        Raises:
            BlockingIOError: If another process paints the run.
        """
        try:
            with locked(self._folder, self.path):
                yield
        finally:
            with contextlib.suppress(OSError):  # the run can be resumed, or the folder holds other files
                if not self._folder.samefile(Path.cwd()):
                    self._folder.rmdir()

    def _begin(self) -> None:
        if self._found:
            changes = self._found.provenance.differences(self._provenance)
            if changes:
                raise ValueError(
                    f"The run in {self.path} can't be resumed, as these have changed: {'; '.join(changes)}. "
                    "Restore them, or start over in another folder."
                )
        else:
            _check_free(self.path)  # again, now that the folder is locked
            write_checkpoint(self._folder, Checkpoint(job=self._given, provenance=self._provenance))
        self.remove_temporary_files()

    def save_if_due(self, progress: "Progress") -> None:
        """Write a checkpoint if one is due.

        Raises:
            OSError: As `save` does.
        """
        if progress.step % self.every == 0 if self.every else time.monotonic() >= self._due:
            self.save(progress)

    def save(self, progress: "Progress") -> None:
        """Write a checkpoint.

        Raises:
            OSError: If it can't be written; the last good one is still there.
        """
        begun = time.monotonic()
        snapshot = progress.snapshot()
        checkpoint = Checkpoint(job=self._given, provenance=self._provenance, records=self.records, snapshot=snapshot)
        try:
            write_checkpoint(self._folder, checkpoint)
        finally:
            now = time.monotonic()
            self._due = now + max(SECONDS, (now - begun) / SHARE)

    def store_copy(self, name: str, save: Callable[[Path], None]) -> Path:
        """Store a copy of a file that is about to be published, and return its path.

        Raises:
            OSError: If it can't be written.
        """
        copy = self._folder / name
        save(copy)
        return copy

    def publish(self, copy: Path, path: Path, *, overwrite: bool) -> None:
        """Write a file that equals a copy in the folder.

        Raises:
            OSError: If it can't be written.
        """
        content = copy.read_bytes()
        with atomic_write(path, overwrite=overwrite, prefix=self.prefix) as stream:
            stream.write(content)

    def is_own_file(self, path: Path) -> bool:
        """Tell whether the run itself published a file."""
        copies = [copy for pattern in COPIES for copy in self._folder.glob(pattern)]
        sizes = {copy.stat().st_size for copy in copies}
        if not path.is_file() or path.stat().st_size not in sizes:
            return False
        content = path.read_bytes()
        return any(copy.read_bytes() == content for copy in copies)

    def remove_temporary_files(self) -> None:
        """Remove temporary files that a killed process of this run left."""
        places = {Path(os.path.realpath(each)).parent for each in (self.job.output, self.job.trace) if each}
        found = [*self._folder.glob(f"{PREFIX}*"), *(file for each in places for file in each.glob(f"{self.prefix}*"))]
        for file in found:
            if file.name != LOCK_FILE:
                with contextlib.suppress(OSError):  # a leftover file does no harm
                    file.unlink(missing_ok=True)

    @property
    def prefix(self) -> str:
        """Prefix of this run's temporary files outside its folder."""
        return f"{PREFIX}{hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:12]}-"

    def finish(self) -> None:
        """Remove all of the run's files from the folder, the copy of its painting last.

        Raises:
            OSError: If something can't be removed.
        """
        files = [file for pattern in OWN_FILES for file in self._folder.glob(pattern) if file.name != LOCK_FILE]
        for file in sorted(files, key=lambda file: file.stem == FINISHED):
            file.unlink(missing_ok=True)


def finished_copy(folder: Path) -> Path | None:
    """Return the copy of the finished painting in a run's folder, if there is one."""
    return next(iter(folder.glob(f"{FINISHED}.*")), None)


def holds_copy_alone(folder: Path) -> bool:
    """Tell whether a folder holds a finished painting, but no checkpoint that names its output."""
    return finished_copy(folder) is not None and not checkpoint_files(folder)


def _check_free(folder: Path) -> None:
    """Check that a new run can use a folder.

    Raises:
        RunExistsError: If it holds a run.
        FileExistsError: If it holds a file named like one of a run's own.
        OSError: If it is not a folder, or can't be created.
    """
    check_folder_writable(folder, "checkpoints")
    if finished_copy(folder) or checkpoint_files(folder):
        raise RunExistsError(folder)
    if foreign := next((file for pattern in COPIES for file in folder.glob(pattern)), None):
        raise FileExistsError(
            f"{foreign} has the name of a file that a run keeps in its folder and removes at the end; "
            "name an empty folder."
        )
