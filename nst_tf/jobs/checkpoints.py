"""A run in a folder: what was asked for, where it stands, and what it has left behind so far.

The folder holds the newest two checkpoints, `step-000000120.npz`. Each is written whole or not at all, under a name of
its own, so that nothing ever happens to one that is good. Beside them lies a copy of every file that the run has left
elsewhere, put there first: what equals a copy is the run's own, and may be replaced by it.
"""

import contextlib
import dataclasses
import json
import logging
import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nst_tf.runs.provenance import Provenance
from nst_tf.storage.arrays import read_arrays, write_arrays
from nst_tf.storage.atomic import PREFIX
from nst_tf.storage.places import check_folder_place

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from nst_tf.runs.snapshot import Snapshot

NOTE = "note"
"""Name of the array that holds all that is no array, as JSON in UTF-8."""

KEPT = 2
"""Checkpoints that are kept: the newest, and the one to fall back to."""

FINISHED = "finished"
"""Name of the copy of a finished painting, without its ending."""

COPIES = (f"{FINISHED}.*", "interrupted-*", "trace-*.json")
OWN_FILES = ("step-*.npz", f"{PREFIX}*", *COPIES)


@dataclass(frozen=True, kw_only=True)
class Job:
    """What `stylize` was asked for besides the settings; the names of files are as they were given.

    Attributes:
        home: The folder from which the names of files are meant.
        content: The photograph.
        style: The painting.
        output: The result.
        overwrite: Whether existing files may be replaced.
        force: Whether to paint even if the memory seems too small.
        bit_depth: Bits per channel of the result.
        keep_size: Whether the result is as large as the photograph.
        save_every: Steps between two intermediates.
        trace: File for the curve.
        tensorboard: Folder for TensorBoard's logs.
        checkpoint_every: Steps between two checkpoints; if None, time decides.
    """

    home: str
    content: str
    style: str
    output: str
    overwrite: bool
    force: bool
    bit_depth: int
    keep_size: bool
    save_every: int | None
    trace: str | None
    tensorboard: str | None
    checkpoint_every: int | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint:
    """A run between two steps.

    Attributes:
        job: What was asked for.
        origin: What the painting depends on.
        records: The curve so far, if one is wanted.
        snapshot: Where the run stands; None before its first step.
    """

    job: Job
    origin: Provenance
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
        ValueError: If the run has gone astray, so that nobody could go on from there.
    """
    note = {
        "job": dataclasses.asdict(checkpoint.job),
        "origin": checkpoint.origin.as_json(),
        "records": checkpoint.records,
        "step": checkpoint.step,
    }
    arrays = checkpoint.snapshot.as_arrays() if checkpoint.snapshot else {}
    text = np.frombuffer(json.dumps(note).encode(), np.uint8)
    write_arrays(folder / f"step-{checkpoint.step:09d}.npz", {NOTE: text, **arrays})
    for old in checkpoint_files(folder)[KEPT:]:
        with contextlib.suppress(OSError):  # where nothing can be removed, there are more of them
            old.unlink(missing_ok=True)


def checkpoint_files(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, the newest first."""
    return sorted(folder.glob("step-*.npz"), reverse=True)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read the newest checkpoint that is whole, and say so in one line if it is not the newest.

    Raises:
        FileNotFoundError: If there is none in the folder.
        ValueError: If all are damaged.
    """
    files, troubles = checkpoint_files(folder), []
    if not files:
        raise FileNotFoundError(f"{folder} holds no unfinished run; stylize --checkpoint {_quoted(folder)} begins one.")
    for file in files:
        try:
            checkpoint = _read(file)
        except ValueError as error:
            troubles.append(str(error))
            continue
        if troubles:
            logging.getLogger(__name__).warning("Warning: %s Going back to step %s.", troubles[0], checkpoint.step)
        return checkpoint
    raise ValueError(f"{troubles[0]} There is no other checkpoint in {folder}; start over in another folder.")


def _read(file: Path) -> Checkpoint:
    """Read one checkpoint; whatever is wrong with it is a `ValueError` that names it."""
    from nst_tf.runs.snapshot import Snapshot

    arrays = read_arrays(file)
    try:
        note = json.loads(arrays[NOTE].tobytes())
        job, origin, records = Job(**note["job"]), Provenance.from_json(note["origin"]), note["records"]
        snapshot = Snapshot.from_arrays(arrays) if note["step"] else None
        _check_types(job, records)
    except Exception as error:  # JSON of any kind but the one that was written
        raise ValueError(f"{file} is damaged: {type(error).__name__}: {' '.join(str(error).split())}.") from error
    return Checkpoint(job=job, origin=origin, records=records, snapshot=snapshot)


def _check_types(job: Job, records: Any) -> None:
    words, optional = (str,), (str, type(None))
    kinds: dict[str, tuple[type, ...]] = dict.fromkeys(("home", "content", "style", "output"), words)
    kinds |= dict.fromkeys(("trace", "tensorboard"), optional)
    kinds |= dict.fromkeys(("overwrite", "force", "keep_size"), (bool,)) | {"bit_depth": (int,)}
    kinds |= dict.fromkeys(("save_every", "checkpoint_every"), (int, type(None)))
    odd = [name for name, kind in kinds.items() if not isinstance(getattr(job, name), kind)]
    if odd or not (isinstance(records, list) and all(isinstance(record, dict) for record in records)):
        raise ValueError(f"{odd[0] if odd else 'the curve'} is of the wrong type")


def finished_painting(folder: Path) -> Path | None:
    """Return the copy of the finished painting, if the run has come that far."""
    return next(iter(folder.glob(f"{FINISHED}.*")), None)


def is_own(folder: Path, path: Path) -> bool:
    """Tell whether a file is what the run has left there itself."""
    copies = [copy for pattern in COPIES for copy in folder.glob(pattern)]
    sizes = {copy.stat().st_size for copy in copies}
    if not path.is_file() or path.stat().st_size not in sizes:
        return False
    content = path.read_bytes()
    return any(copy.read_bytes() == content for copy in copies)


def check_folder(folder: Path) -> None:
    """Make sure, before any work, that a new run can be kept in a folder.

    Raises:
        FileExistsError: If an unfinished run is there, or a file that could be taken for one of a run's own.
        OSError: If it is no folder, or can't be made.
    """
    check_folder_place(folder, "checkpoints")
    if finished_painting(folder) or checkpoint_files(folder):
        raise FileExistsError(
            f"{folder} holds a run already. nst-tf resume {_quoted(folder)} carries on; to start over, name another "
            "folder or delete this one."
        )
    if foreign := next((file for pattern in COPIES for file in folder.glob(pattern)), None):
        raise FileExistsError(
            f"{foreign} is called like what a run keeps in its folder, and removes in the end; name an empty folder."
        )


@contextlib.contextmanager
def claimed(folder: Path, name: Path) -> Iterator[None]:
    """Keep other processes out of a folder, until this one lets go of it or dies; not on Windows.

    Args:
        folder: Which.
        name: What the user calls it.

    Raises:
        BlockingIOError: If another process has claimed it.
    """
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        if not _locked(handle):
            raise BlockingIOError(f"Another process is painting the run in {name}; wait until it has ended.")
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Lock an open folder; where the file system knows no locks, anybody may have it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def clear_folder(folder: Path) -> None:
    """Remove all that a finished run has put into a folder, the copy of its painting last, and the folder if empty."""
    files = [file for pattern in OWN_FILES for file in folder.glob(pattern)]
    for file in sorted(files, key=lambda file: file.stem == FINISHED):
        file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # something else is in it
        if not folder.samefile(Path.cwd()):
            folder.rmdir()


def advice(folder: Path) -> str:
    """Say how to go on."""
    return f"nst-tf resume {_quoted(folder)} carries on."


def _quoted(folder: Path) -> str:
    return shlex.quote(str(folder))
