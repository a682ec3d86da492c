"""The null object for a run without a folder."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.jobs.job import Job
from nst_tf.jobs.run_folder import RunFolder
from nst_tf.storage.atomic_files import PREFIX

if TYPE_CHECKING:
    from nst_tf.runs.progress import Progress
    from nst_tf.runs.provenance import Provenance


class NoRunFolder:
    """A null object with the methods of a `RunFolder`; it stores nothing."""

    path = None
    snapshot = None
    every = None
    resumes = False
    prefix = PREFIX

    def __init__(self) -> None:
        """Begin an empty curve."""
        self.records: list[dict[str, Any]] = []

    def running(self, provenance: "Provenance") -> contextlib.AbstractContextManager[None]:  # noqa: ARG002
        """Lock nothing."""
        return contextlib.nullcontext()

    def save_if_due(self, progress: "Progress") -> None:
        """Write nothing."""

    def save(self, progress: "Progress") -> None:
        """Write nothing."""

    def store_copy(self, name: str, save: Callable[[Path], None]) -> None:
        """Store nothing."""

    def publish(self, copy: Path, path: Path, *, overwrite: bool) -> None:
        """Publish nothing, as there is no copy."""

    def is_own_file(self, path: Path) -> bool:  # noqa: ARG002
        """Return False: no file is known to be the run's own."""
        return False

    def finish(self) -> None:
        """Remove nothing."""


AnyRunFolder = RunFolder | NoRunFolder


def run_folder_of(job: Job) -> AnyRunFolder:
    """Return the folder of a new run; a `NoRunFolder` if the job names none.

    Raises:
        RunExistsError: If it holds a run.
        OSError: If a new run can't use it for another reason.
    """
    folder = job.from_here().checkpoint
    return RunFolder.create(folder, job) if folder else NoRunFolder()
