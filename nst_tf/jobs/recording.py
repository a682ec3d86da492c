"""What a run leaves behind besides its picture: intermediates, the curve of its loss, TensorBoard's logs.

None of it is worth a run of hours: what can't be written is told in one line, and the painting goes on.
"""

import json
import math
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.images.writing import check_output, save_image
from nst_tf.jobs.fallback_folder import save_to_fallback_folder
from nst_tf.storage.atomic import PREFIX, whole_file
from nst_tf.storage.places import check_folder_place, check_place
from nst_tf_cli.terminal.errors import say, sentence

if TYPE_CHECKING:
    from nst_tf.runs.metadata import Metadata
    from nst_tf.runs.progress import Callback, Progress

TENSORBOARD_STEPS = 10
"""Steps between two entries in TensorBoard's logs, and a fifth of those between two pictures there."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What to record.

    Attributes:
        save_every: Steps between two intermediates, which are saved beside the result.
        trace: File for the curve, JSON.
        tensorboard: Folder for TensorBoard's logs.
    """

    save_every: int | None = None
    trace: Path | None = None
    tensorboard: Path | None = None

    def check(self, output: Path, *, overwrite: bool) -> None:
        """Find out before any work what would fail later."""
        if self.trace:
            check_place(self.trace, "trace", overwrite=overwrite)
        if self.tensorboard:
            _tensorboard_or_advice()
            check_folder_place(self.tensorboard, "logs of TensorBoard", parents=True)
        if self.save_every is not None:
            check_output(_numbered(output, 0), overwrite=overwrite)

    @property
    def every(self) -> int | None:
        """Steps between two reports that are needed at the most; None if any will do."""
        return common_period(
            self.save_every, 1 if self.trace else None, TENSORBOARD_STEPS if self.tensorboard else None
        )

    @contextmanager
    def callbacks(
        self,
        output: Path,
        *,
        notes: "Metadata",
        overwrite: bool,
        records: list[dict[str, Any]],
        resumed: bool = False,
    ) -> Iterator["list[Callback]"]:
        """Provide the callbacks that record a run which ends in `output`.

        Args:
            output: The result.
            notes: What intermediates carry of what does not change.
            overwrite: Whether existing files may be replaced.
            records: Gets a record of every step, if a trace is wanted.
            resumed: Whether the run goes on, so that intermediates may be there already.
        """
        with ExitStack() as stack:
            watchers: list[Callback] = []
            if self.save_every is not None:
                saver = _saver(output, self.save_every, notes=notes, overwrite=overwrite, resumed=resumed)
                watchers.append(warn_on_failure(saver, "An intermediate"))
            if self.trace:
                watchers.append(_tracer(records))
            if self.tensorboard:
                writer = stack.enter_context(_tensorboard_writer(self.tensorboard))
                watchers.append(warn_on_failure(writer, "TensorBoard's log"))
            yield watchers


def common_period(*periods: int | None) -> int | None:
    """Return the largest number of steps that all periods are multiples of; None if there are none."""
    return math.gcd(*(period for period in periods if period)) or None


def warn_on_failure(callback: "Callback", what: str) -> "Callback":
    """Let a callback fail without ending the run: it is told in one line, again only after it has worked in between."""
    failing = False

    def attempt(progress: "Progress") -> None:
        nonlocal failing
        try:
            callback(progress)
            failing = False
        except Exception as error:  # a run of hours may not end for whatever this is
            if not failing:
                say(f"Warning: {what} can't be saved at step {progress.step}: {sentence(error)} Going on.", err=True)
            failing = True

    return attempt


def save_trace(path: Path, records: list[dict[str, Any]], *, overwrite: bool, prefix: str = PREFIX) -> bool:
    """Write the curve; where that has become impossible, write it elsewhere and say so. Returns whether it is there."""

    def write(file: Path) -> None:
        write_trace(file, records, overwrite=overwrite, prefix=prefix)

    try:
        write(path)
        return True
    except Exception as error:  # the painting comes first
        try:
            place = f"The trace is in {save_to_fallback_folder(path.name, write)}."
        except OSError as nowhere:
            place = f"The trace is lost. {nowhere}"
        say(f"Warning: {sentence(error)} {place}", err=True)
        return False


def write_trace(path: Path, records: list[dict[str, Any]], *, overwrite: bool = True, prefix: str = PREFIX) -> None:
    """Write records as the JSON that `nst-tf plot` draws."""
    with whole_file(path, overwrite=overwrite, prefix=prefix) as stream:
        stream.write(json.dumps(records, indent=0).encode() + b"\n")


def _saver(output: Path, every: int, *, notes: "Metadata", overwrite: bool, resumed: bool) -> "Callback":
    def save(progress: "Progress") -> None:
        if progress.step % every or progress.step == progress.steps:
            return
        path = _numbered(output, progress.step)
        if resumed and path.exists() and not overwrite:
            return  # this run has been here before, and painted the same
        save_image(path, progress.image(), xmp=notes.so_far(progress).xmp(), overwrite=overwrite)

    return save


def _numbered(output: Path, step: int) -> Path:
    return output.with_name(f"{output.stem}-{step:05d}{output.suffix}")


def _tracer(records: list[dict[str, Any]]) -> "Callback":
    """Collect a record per step."""

    def note(progress: "Progress") -> None:
        height, width = progress.size
        numbers = {"step": progress.step, "seconds": progress.seconds, "width": width, "height": height}
        records.append({**numbers, "loss": progress.loss, **progress.terms})

    return note


@contextmanager
def _tensorboard_writer(folder: Path) -> Iterator["Callback"]:
    import tensorflow as tf

    writer = tf.summary.create_file_writer(os.fsencode(folder))

    def log(progress: "Progress") -> None:
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
            say(f"Warning: TensorBoard's log is not whole: {sentence(error)}", err=True)


def _tensorboard_or_advice() -> None:
    try:
        import tensorboard  # type: ignore[import-untyped]  # noqa: F401
    except ImportError:
        raise ValueError("--tensorboard needs TensorBoard; install it: pip install 'nst-tf[tensorboard]'") from None
