"""What a run leaves behind besides its picture: intermediates, the curve of its loss, TensorBoard's logs."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.files import whole_file
from nst_tf.image import check_output, save_image

if TYPE_CHECKING:
    from nst_tf.notes import Notes
    from nst_tf.progress import Callback, Progress

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
            check_trace(self.trace, overwrite=overwrite)
        if self.tensorboard:
            _tensorboard_or_advice()
        if self.save_every is not None:
            check_output(_numbered(output, 0), overwrite=overwrite)

    @property
    def every(self) -> int | None:
        """Steps between two reports that are needed at the most; None if any will do."""
        periods = [1] * bool(self.trace) + [TENSORBOARD_STEPS] * bool(self.tensorboard) + [self.save_every or 0]
        return min((period for period in periods if period), default=None)

    @contextmanager
    def callbacks(self, output: Path, *, notes: "Notes", overwrite: bool) -> Iterator["list[Callback]"]:
        """Provide the callbacks that record a run which ends in `output`, and whose pictures carry notes."""
        with ExitStack() as stack:
            watchers: list[Callback] = []
            if self.save_every is not None:
                watchers.append(_saver(output, self.save_every, notes=notes, overwrite=overwrite))
            if self.trace:
                watchers.append(stack.enter_context(_tracer(self.trace, overwrite=overwrite)))
            if self.tensorboard:
                watchers.append(stack.enter_context(_tensorboard_writer(self.tensorboard)))
            yield watchers


def check_trace(path: Path, *, overwrite: bool) -> None:
    """Refuse a trace's name that can't be written."""
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists; choose another name, or allow it to be replaced with --overwrite.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} for the trace; make it first.")


def _saver(output: Path, every: int, *, notes: "Notes", overwrite: bool) -> "Callback":
    def save(progress: "Progress") -> None:
        if progress.step % every == 0 and progress.step < progress.steps:
            xmp = notes.so_far(progress).xmp()
            save_image(_numbered(output, progress.step), progress.image(), xmp=xmp, overwrite=overwrite)

    return save


def _numbered(output: Path, step: int) -> Path:
    return output.with_name(f"{output.stem}-{step:05d}{output.suffix}")


@contextmanager
def _tracer(path: Path, *, overwrite: bool) -> Iterator["Callback"]:
    """Collect a record per step; write them all in the end, however the run ends."""
    records: list[dict[str, Any]] = []

    def note(progress: "Progress") -> None:
        height, width = progress.size
        numbers = {"step": progress.step, "seconds": progress.seconds, "width": width, "height": height}
        records.append({**numbers, "loss": progress.loss, **progress.terms})

    try:
        yield note
    finally:
        with whole_file(path, overwrite=overwrite) as stream:
            stream.write(json.dumps(records, indent=0).encode() + b"\n")


@contextmanager
def _tensorboard_writer(folder: Path) -> Iterator["Callback"]:
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder))

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
        writer.close()


def _tensorboard_or_advice() -> None:
    try:
        import tensorboard  # type: ignore[import-untyped]  # noqa: F401
    except ImportError:
        raise ValueError("--tensorboard needs TensorBoard; install it: pip install 'nst-tf[tensorboard]'") from None
