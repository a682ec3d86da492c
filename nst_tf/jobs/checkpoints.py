"""Checkpoints of a run: files that hold the job, its provenance, and the state between two steps.

A folder holds the newest two, `step-000000120.npz`. Each is written atomically, under a name of its own, so that
an intact one is never damaged.
"""

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nst_tf.jobs.errors import NoRunError
from nst_tf.jobs.events import OnEvent, Trouble, ignore
from nst_tf.jobs.job import Job
from nst_tf.runs.provenance import Provenance
from nst_tf.storage.arrays import read_arrays, write_arrays

if TYPE_CHECKING:
    from nst_tf.runs.snapshot import Snapshot

NOTE = "note"
"""Name of the array that holds everything but arrays, as JSON in UTF-8."""

CHECKPOINTS_TO_KEEP = 2
"""The newest, and the one to fall back to."""

CHECKPOINT_FILES = "step-*.npz"


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint:
    """A run between two steps.

    Attributes:
        job: The job, with paths as given.
        provenance: What the painting depends on.
        records: The loss curve so far, if one is wanted.
        snapshot: The state of the run; None before its first step.
    """

    job: Job
    provenance: Provenance
    records: list[dict[str, Any]] = field(default_factory=list)
    snapshot: "Snapshot | None" = None

    @property
    def step(self) -> int:
        """Steps taken."""
        return self.snapshot.step if self.snapshot else 0


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside the others, and then remove the oldest.

    Raises:
        OSError: If it can't be written.
        ValueError: If a value is not finite, so that the run could not be resumed.
    """
    note = {
        "job": checkpoint.job.as_values(),
        "origin": checkpoint.provenance.as_json(),
        "records": checkpoint.records,
        "step": checkpoint.step,
    }
    arrays = checkpoint.snapshot.as_arrays() if checkpoint.snapshot else {}
    text = np.frombuffer(json.dumps(note).encode(), np.uint8)
    write_arrays(folder / f"step-{checkpoint.step:09d}.npz", {NOTE: text, **arrays})
    for old in checkpoint_files(folder)[CHECKPOINTS_TO_KEEP:]:
        with contextlib.suppress(OSError):  # a surplus checkpoint does no harm
            old.unlink(missing_ok=True)


def checkpoint_files(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, the newest first."""
    return sorted(folder.glob(CHECKPOINT_FILES), reverse=True)


def read_checkpoint(folder: Path, *, on_event: OnEvent = ignore) -> Checkpoint:
    """Read the newest intact checkpoint.

    Args:
        folder: The run's folder.
        on_event: Receives a `Trouble` if that is not the newest of all.

    Raises:
        NoRunError: If there is none in the folder.
        ValueError: If all are damaged.
    """
    files, troubles = checkpoint_files(folder), []
    if not files:
        raise NoRunError(folder)
    for file in files:
        try:
            checkpoint = _read(file)
        except ValueError as error:
            troubles.append(str(error))
            continue
        if troubles:
            on_event(Trouble(message=f"{troubles[0]} Going back to step {checkpoint.step}.", harmless=True))
        return checkpoint
    raise ValueError(f"{troubles[0]} There is no other checkpoint in {folder}; start over in another folder.")


def _read(file: Path) -> Checkpoint:
    """Read one checkpoint; raise any error as a `ValueError` that names the file."""
    from nst_tf.runs.snapshot import Snapshot

    arrays = read_arrays(file)
    try:
        note = json.loads(arrays[NOTE].tobytes())
        provenance, records = Provenance.from_json(note["origin"]), note["records"]
        job = Job.from_values(note["job"], config=provenance.config, checkpoint=file.parent)
        snapshot = Snapshot.from_arrays(arrays) if note["step"] else None
        if not (isinstance(records, list) and all(isinstance(record, dict) for record in records)):
            raise ValueError("the curve is of the wrong type")
    except Exception as error:  # the JSON may hold anything
        raise ValueError(f"{file} is damaged: {type(error).__name__}: {' '.join(str(error).split())}.") from error
    return Checkpoint(job=job, provenance=provenance, records=records, snapshot=snapshot)
