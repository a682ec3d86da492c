"""What a run records besides its picture: intermediate pictures, the loss curve, TensorBoard's logs.

No recording may end a run of hours: a failed write is reported, and painting continues.
"""

import json
import math
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.errors import sentence
from nst_tf.images.writing import check_output, save_image
from nst_tf.jobs.events import OnEvent, Trouble
from nst_tf.jobs.fallback_folder import save_to_fallback_folder
from nst_tf.jobs.job import Job, Label
from nst_tf.storage.atomic_files import PREFIX, atomic_write
from nst_tf.storage.path_checks import check_folder_writable, check_writable

if TYPE_CHECKING:
    from nst_tf.runs.metadata import Metadata
    from nst_tf.runs.progress import Callback, Progress

TENSORBOARD_STEPS = 10
"""Steps between two entries in TensorBoard's logs, and a fifth of those between two pictures there."""

Records = list[dict[str, Any]]
"""The loss curve: step, seconds, size, loss and terms of every step."""


def check_recordings(job: Job, *, overwrite: bool, label: Label) -> None:
    """Check before painting that all recordings can be written.

    Raises:
        ValueError: If TensorBoard is missing.
        OSError: If a file or folder can't be written.
    """
    if job.trace:
        check_writable(job.trace, "trace", overwrite=overwrite)
    if job.tensorboard:
        _check_tensorboard(label)
        check_folder_writable(job.tensorboard, "logs of TensorBoard", parents=True)
    if job.save_every is not None:
        check_output(_numbered(job.output, 0), overwrite=overwrite)


def recording_period(job: Job) -> int | None:
    """Return the steps between two reports that a job's recordings need; None if there are no recordings."""
    return common_period(job.save_every, 1 if job.trace else None, TENSORBOARD_STEPS if job.tensorboard else None)


def common_period(*periods: int | None) -> int | None:
    """Return the largest number of steps that all periods are multiples of; None if there are none."""
    return math.gcd(*(period for period in periods if period)) or None


@contextmanager
def recorders(
    job: Job, *, notes: "Metadata", records: Records, resumed: bool, on_event: OnEvent
) -> Iterator["list[Callback]"]:
    """Provide the callbacks that record a run.

    Args:
        job: The job.
        notes: Metadata that all intermediate pictures share.
        records: Gets a record of every step, if a trace is wanted.
        resumed: Whether the run is resumed, so that intermediate pictures may be there already.
        on_event: Receives a `Trouble` for each failed write.
    """
    with ExitStack() as stack:
        callbacks: list[Callback] = []
        if job.save_every is not None:
            saver = _saver(job, job.save_every, notes=notes, resumed=resumed)
            callbacks.append(warn_on_failure(saver, "An intermediate", on_event))
        if job.trace:
            callbacks.append(_tracer(records))
        if job.tensorboard:
            writer = stack.enter_context(_tensorboard_writer(job.tensorboard, on_event))
            callbacks.append(warn_on_failure(writer, "TensorBoard's log", on_event))
        yield callbacks


def warn_on_failure(callback: "Callback", what: str, on_event: OnEvent) -> "Callback":
    """Let a callback fail without ending the run: warn on the first failure, and again only after a success."""
    failing = False

    def attempt(progress: "Progress") -> None:
        """Call the callback; warn on its first failure."""
        nonlocal failing
        try:
            callback(progress)
            failing = False
        except Exception as error:  # no error may end a run of hours
            if not failing:
                message = f"{what} can't be saved at step {progress.step}: {sentence(error)} Continuing."
                on_event(Trouble(message=message))
            failing = True

    return attempt


def save_trace(path: Path, records: Records, *, overwrite: bool, prefix: str = PREFIX, on_event: OnEvent) -> bool:
    """Write the loss curve; if that fails, write it elsewhere and report that.

    Returns:
        Whether it was written to its own path.
    """

    def write(file: Path) -> None:
        """Write the curve to a file."""
        write_trace(file, records, overwrite=overwrite, prefix=prefix)

    try:
        write(path)
        return True
    except Exception as error:  # the painting comes first
        try:
            place = f"The trace is in {save_to_fallback_folder(path.name, write)}."
        except OSError as nowhere:
            place = f"The trace is lost. {nowhere}"
        on_event(Trouble(message=f"{sentence(error)} {place}"))
        return False


def write_trace(path: Path, records: Records, *, overwrite: bool = True, prefix: str = PREFIX) -> None:
    """Write records as the JSON that `nst-tf plot` draws.

    Raises:
        OSError: If the file can't be written.
    """
    with atomic_write(path, overwrite=overwrite, prefix=prefix) as stream:
        stream.write(json.dumps(records, indent=0).encode() + b"\n")


def _saver(job: Job, every: int, *, notes: "Metadata", resumed: bool) -> "Callback":
    """Save an intermediate picture when one is due."""

    def save(progress: "Progress") -> None:
        """Save an intermediate picture if it is due."""
        if progress.step % every or progress.step == progress.steps:
            return
        path = _numbered(job.output, progress.step)
        if resumed and path.exists() and not job.overwrite:
            return  # this run has saved the same picture before
        save_image(path, progress.image(), xmp=notes.so_far(progress).xmp(), overwrite=job.overwrite)

    return save


def _numbered(output: Path, step: int) -> Path:
    return output.with_name(f"{output.stem}-{step:05d}{output.suffix}")


def _tracer(records: Records) -> "Callback":
    """Collect a record per step."""

    def note(progress: "Progress") -> None:
        """Add a record of this step."""
        height, width = progress.size
        numbers = {"step": progress.step, "seconds": progress.seconds, "width": width, "height": height}
        records.append({**numbers, "loss": progress.loss, **progress.terms})

    return note


@contextmanager
def _tensorboard_writer(folder: Path, on_event: OnEvent) -> Iterator["Callback"]:
    """Provide a callback that writes scalars and pictures for TensorBoard."""
    import tensorflow as tf

    writer = tf.summary.create_file_writer(os.fsencode(folder))

    def log(progress: "Progress") -> None:
        """Log the loss, its terms and, less often, the picture."""
        if progress.step % TENSORBOARD_STEPS and progress.step < progress.steps:
            return
        with writer.as_default(step=progress.step):
            tf.summary.scalar("loss", progress.loss)
            for name, value in progress.terms.items():
                tf.summary.scalar(f"terms/{name}", value)
            if progress.step % (5 * TENSORBOARD_STEPS) == 0 or progress.step == progress.steps:
                tf.summary.image("painting", progress.image())

    try:
        yield log
    finally:
        try:
            writer.close()
        except Exception as error:  # what it still held; the painting comes first
            on_event(Trouble(message=f"TensorBoard's log is incomplete: {sentence(error)}"))


def _check_tensorboard(label: Label) -> None:
    try:
        import tensorboard  # type: ignore[import-untyped]  # noqa: F401
    except ImportError:
        raise ValueError(
            f"{label('tensorboard')} needs TensorBoard; install it: pip install 'nst-tf[tensorboard]'"
        ) from None
