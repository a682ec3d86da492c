"""Where a picture of a batch stands before it is painted: done, begun, or new. Needs TensorFlow."""

import contextlib
import enum
import struct
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from nst_tf.batch.estimate import picture_size
from nst_tf.images.writing import WRITABLE
from nst_tf.jobs.checkpoints import Checkpoint, checkpoint_files, read_checkpoint
from nst_tf.jobs.job import Job
from nst_tf.jobs.run_folder import RunFolder, finished_copy
from nst_tf.runs.metadata import Metadata, read_metadata
from nst_tf.runs.provenance import Provenance, provenance_of
from nst_tf.scales.plan import Size

_PNG_HEADER = 25
"""Bytes of a PNG up to its width, height and bit depth."""


class Standing(enum.Enum):
    """Where a picture stands."""

    NEW = "new"
    BEGUN = "begun"
    """There is a checkpoint, or a finished copy that was not published."""
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found of a picture.

    Attributes:
        standing: Where it stands.
        step: Steps that its checkpoint holds.
        notes: The metadata of the finished painting; None if it is not done.
        replaces: Whether it may replace the file at its output: one of its own that is not finished, or any.
    """

    standing: Standing
    step: int = 0
    notes: Metadata | None = None
    replaces: bool = False


def find(job: Job) -> Found:
    """Find out where a picture stands, by its run's folder and its file's metadata; nothing is changed.

    Args:
        job: The job, with local paths.

    Raises:
        FileExistsError: If there is another file at its output, which may not be replaced.
        ValueError: If a setting or a file that it names is not valid.
        OSError: If an input can't be read.
    """
    if not _has_run(job.checkpoint) and not job.output.exists():
        return Found(standing=Standing.NEW, replaces=job.overwrite)
    now = provenance_of(job.content, job.styles, job.config, masks=(job.content_mask, job.style_mask))
    notes, reasons = _compare(job, now) if job.output.exists() else (None, [])
    if notes and not reasons and _is_complete(notes, job):
        return Found(standing=Standing.DONE, notes=notes)
    if job.checkpoint and (checkpoint := _resumable(job.checkpoint, job, now)):
        return Found(standing=Standing.BEGUN, step=checkpoint.step, replaces=job.overwrite)
    if reasons and not job.overwrite:
        raise FileExistsError(
            f"{job.output} exists, and is another picture ({'; '.join(reasons)}); name another place, or allow it to "
            "be replaced with overwrite=True."
        )
    return Found(standing=Standing.NEW, replaces=job.overwrite or notes is not None)


def remove_run(job: Job) -> None:
    """Remove what an earlier run of other settings, or one that is finished, has left in the folder of a job.

    Raises:
        BlockingIOError: If another process paints it.
        OSError: If something can't be removed.
    """
    if job.checkpoint and _has_run(job.checkpoint):
        run = RunFolder(job.checkpoint, job)
        with run.claimed():
            run.finish()


def _has_run(folder: Path | None) -> bool:
    return folder is not None and bool(checkpoint_files(folder) or finished_copy(folder))


def _resumable(folder: Path, job: Job, now: Provenance) -> Checkpoint | None:
    """Return the newest checkpoint if it is of this very painting, and of these versions."""
    with contextlib.suppress(ValueError, OSError):  # there is none, or all are damaged: start over
        checkpoint = read_checkpoint(folder)
        before = checkpoint.provenance
        if before.versions == now.versions and not before.other_painting(now, asked=job.config):
            return checkpoint
    return None


def _compare(job: Job, now: Provenance) -> tuple[Metadata | None, list[str]]:
    """Return the metadata of the file at a job's output, and what makes it another painting."""
    try:
        notes = read_metadata(job.output)
    except (ValueError, OSError) as error:
        return None, [str(error).rstrip(".")]
    return notes, [*notes.provenance.other_painting(now, asked=job.config), *_other_form(job, notes)]


def _is_complete(notes: Metadata, job: Job) -> bool:
    """Tell whether a picture is the last of its run, which may also have ended early by itself."""
    if notes.ending is None:
        return False
    early = job.config.stop_when is not None and not _has_run(job.checkpoint)
    return early or notes.ending.steps == notes.ending.planned


def _other_form(job: Job, notes: Metadata) -> list[str]:
    """Return the differences in size and bit depth between a file and what a job would write."""
    (height, width), bits = _form(job.output)
    wanted = (notes.ending.height, notes.ending.width) if notes.ending else (height, width)
    if job.keep_size:
        wanted = picture_size(job.content) or wanted
    now = {"bit depth": (bits, job.bit_depth), "size": (f"{width}x{height}", f"{wanted[1]}x{wanted[0]}")}
    return [f"{name}: {before}, now {after}" for name, (before, after) in now.items() if before != after]


def _form(path: Path) -> tuple[Size, int]:
    """Return height and width of a file that `save_image` wrote, and its bits per channel."""
    kind = WRITABLE[path.suffix.lower()]
    if kind == "PNG":
        with path.open("rb") as stream:
            width, height, bits = struct.unpack_from(">2IB", stream.read(_PNG_HEADER), 16)
        return (height, width), bits
    with Image.open(path, formats=[kind]) as file:
        return (file.height, file.width), int(file.tag_v2[258][0]) if kind == "TIFF" else 8
