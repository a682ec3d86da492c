"""Keeps a run in a folder while it is painted."""

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.config import StyleConfig
from nst_tf.jobs import checkpoints as files
from nst_tf.jobs.checkpoints import Checkpoint, Job
from nst_tf.jobs.job import Manner
from nst_tf.storage.atomic import PREFIX, whole_file
from nst_tf_cli.terminal.errors import say, sentence

if TYPE_CHECKING:
    from nst_tf.runs.progress import Progress
    from nst_tf.runs.provenance import Provenance
    from nst_tf.runs.snapshot import Snapshot

SECONDS = 30.0
"""Time between two checkpoints, if no number of steps was asked for."""

SHARE = 0.02
"""Share of the time that checkpoints may take; where they take longer, there are fewer."""


class Keeper:
    """The folder of one run; as a callback, it saves a checkpoint when one is due.

    Attributes:
        config: The settings.
        records: The curve so far.
        snapshot: Where the run goes on; None if it begins.
    """

    def __init__(self, folder: Path, job: Job, config: StyleConfig, *, found: Checkpoint | None = None) -> None:
        """Prepare; nothing is written before `running`.

        Args:
            folder: Where to keep the run.
            job: What was asked for.
            config: The settings.
            found: The checkpoint from which the run goes on.

        Raises:
            OSError: If the folder can't take a new run.
        """
        if not found:
            files.check_folder(folder)
        self.records: list[dict[str, Any]] = found.records if found else []
        self.snapshot: Snapshot | None = found.snapshot if found else None
        self._shown, self._folder = folder, folder.absolute()
        self.config, self._job, self._found = config, job, found
        self._due = time.monotonic() + SECONDS

    @property
    def advice(self) -> str:
        """How to go on with the run, for the end of a message."""
        return files.advice(self._shown)

    @property
    def folder(self) -> Path:
        """Where the run is kept."""
        return self._folder

    @property
    def resumes(self) -> bool:
        """Whether the run goes on."""
        return self._found is not None

    @property
    def every(self) -> int | None:
        """Steps between two checkpoints; None if time decides."""
        return self._job.checkpoint_every

    @contextmanager
    def running(self, origin: "Provenance") -> Iterator[None]:
        """Keep other processes out of the run until it ends.

        A run that goes on is held to what it depended on; of a new one, the beginning is put down.

        Raises:
            ValueError: If it depends on something else by now.
            OSError: If the folder can't be written to, or another process paints the run.
        """
        self._origin = origin
        if not self._found:
            self._folder.mkdir(exist_ok=True)
        with files.claimed(self._folder, self._shown):
            self._begin()
            yield

    def _begin(self) -> None:
        if self._found:
            changes = self._found.origin.differences(self._origin)
            if changes:
                raise ValueError(
                    f"This would not be the run that {self._shown} holds: {'; '.join(changes)}. "
                    "Bring that back, or start over in another folder."
                )
        else:
            files.check_folder(self._folder)  # again, now that no other process can begin there
            files.write_checkpoint(self._folder, Checkpoint(job=self._job, origin=self._origin))
        self.remove_remains()

    def __call__(self, progress: "Progress") -> None:
        """Save a checkpoint if one is due."""
        if progress.step % self.every == 0 if self.every else time.monotonic() >= self._due:
            self.save(progress)

    def save(self, progress: "Progress") -> None:
        """Save a checkpoint.

        Raises:
            OSError: If it can't be written; the last good one is still there.
        """
        begun = time.monotonic()
        snapshot = progress.snapshot()
        try:
            files.write_checkpoint(
                self._folder,
                Checkpoint(job=self._job, origin=self._origin, records=self.records, snapshot=snapshot),
            )
        finally:
            now = time.monotonic()
            self._due = now + max(SECONDS, (now - begun) / SHARE)

    def keep(self, name: str, save: Callable[[Path], None]) -> Path | None:
        """Put a copy of what the run is about to leave elsewhere into the folder; None, and a line, if that fails."""
        copy = self._folder / name
        try:
            save(copy)
        except Exception as error:  # the real place may still be good
            say(f"Warning: {copy} can't be written: {sentence(error)}", err=True)
            return None
        return copy

    def deliver(self, copy: Path, path: Path, *, overwrite: bool) -> None:
        """Put what lies in the folder into its real place.

        Raises:
            OSError: If that is not possible.
        """
        content = copy.read_bytes()
        with whole_file(path, overwrite=overwrite, prefix=self.prefix) as stream:
            stream.write(content)

    def remove_remains(self) -> None:
        """Remove what a killed process had begun to write for this run."""
        places = {Path(os.path.realpath(each)).parent for each in (self._job.output, self._job.trace) if each}
        found = [
            *self._folder.glob(f"{PREFIX}*"),
            *(file for place in places for file in place.glob(f"{self.prefix}*")),
        ]
        for file in found:
            with contextlib.suppress(OSError):  # what can't be removed is in nobody's way
                file.unlink(missing_ok=True)

    @property
    def prefix(self) -> str:
        """How the names of temporary files of this run begin outside of its folder."""
        return f"{PREFIX}{hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:12]}-"

    def owns(self, path: Path) -> bool:
        """Tell whether a file is what the run has left there itself."""
        return files.is_own(self._folder, path)

    def finish(self) -> None:
        """Remove everything, after the painting is in its place."""
        try:
            files.clear_folder(self._folder)
        except OSError as error:
            logger = logging.getLogger(__name__)
            logger.warning("Warning: what is left in %s can't be removed: %s", self._shown, sentence(error))


def new_keeper(
    folder: Path | None,
    content: Path,
    style: Path,
    output: Path,
    *,
    config: StyleConfig,
    manner: Manner,
    every: int | None,
) -> Keeper | None:
    """Return what keeps a new run in a folder, if one was named.

    Raises:
        ValueError: If checkpoints are wanted, but no folder for them.
        OSError: If the folder can't take a new run.
    """
    if folder is None:
        if every is not None:
            raise ValueError("--checkpoint-every needs a folder for the checkpoints; name it with --checkpoint.")
        return None
    form, recording = manner.form, manner.recording
    job = Job(
        home=str(Path.cwd()),
        content=str(content),
        style=str(style),
        output=str(output),
        overwrite=manner.overwrite,
        force=manner.force,
        bit_depth=form.bit_depth,
        keep_size=form.keep_size,
        save_every=recording.save_every,
        trace=str(recording.trace) if recording.trace else None,
        tensorboard=str(recording.tensorboard) if recording.tensorboard else None,
        checkpoint_every=every,
    )
    return Keeper(folder, job, config)
