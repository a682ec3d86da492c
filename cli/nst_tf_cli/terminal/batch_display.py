"""A batch on a terminal: a bar over the whole, a line for each failure, and a report."""

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from nst_tf_cli.terminal.console import printable, say
from nst_tf_cli.terminal.option_words import in_options
from nst_tf_cli.terminal.streams import is_plain

if TYPE_CHECKING:
    from nst_tf.batch.events import BatchEvent, PictureEnded
    from nst_tf.batch.record import Record

LINE_SECONDS = 10.0
"""Time between two plain lines about progress, at the least."""


class BatchDisplay:
    """Shows the events of a batch, and adds a row to its report for each picture.

    Attributes:
        warnings: What was said of pictures that were painted nevertheless, and of the batch.
    """

    def __init__(self, work: Sequence[int], *, quiet: bool, add_row: "Callable[[Record], None]") -> None:
        """Show nothing yet.

        Args:
            work: The work of each picture.
            quiet: Whether to print nothing but errors.
            add_row: Adds a row to the report.
        """
        from nst_tf.batch.progress import BatchProgress

        self.progress = BatchProgress(work)
        self._quiet, self._add_row, self._report_fails = quiet, add_row, False
        self.warnings: list[str] = []
        self._failures: set[str] = set()
        terminal = sys.stderr is not None and sys.stderr.isatty() and not is_plain()
        self._bar = _bar() if terminal and not quiet else None
        self._task = self._bar.add_task("", total=1.0, count="", left="", name="") if self._bar else None
        self._printed = time.monotonic()

    def __enter__(self) -> "BatchDisplay":
        """Show the bar."""
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bar; ignore a terminal that has been closed meanwhile."""
        if self._bar:
            with contextlib.suppress(OSError):
                self._bar.stop()

    def __call__(self, event: "BatchEvent") -> None:
        """Show an event."""
        from nst_tf.batch.events import BatchTrouble, PictureEnded, PictureStarted

        self.progress(event)
        if isinstance(event, PictureEnded):
            self._end(event)
        elif isinstance(event, BatchTrouble):
            self._warn(event.message)
        elif self._bar and isinstance(event, PictureStarted):
            self._update(name=printable(event.job.output.name))
        self._update()

    def _end(self, event: "PictureEnded") -> None:
        from nst_tf.batch.record import Status

        record = event.record
        try:
            self._add_row(record)
        except OSError as error:
            if not self._report_fails:
                self._warn(f"The report can't be written: {error}; it is written at the end.")
            self._report_fails = True
        for warning in record.warnings:
            self._warn(_about(record, warning), shown=not self._quiet)
        if record.status is Status.FAILED:
            failure = _about(record, in_options(record.error or ""))
            if failure not in self._failures:  # a photograph fails in each style for the same reason
                say(printable(f"Failed: {failure}"), err=True)
            self._failures.add(failure)

    def _warn(self, message: str, *, shown: bool = True) -> None:
        self.warnings.append(message)
        if shown:
            say(printable(f"Warning: {message}"), err=True)

    def _update(self, **fields: Any) -> None:
        progress = self.progress
        counted, left = f"{progress.ended}/{progress.count}", time_left(progress.seconds_left)
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=progress.share, count=counted, left=left, **fields)
        elif not self._quiet and time.monotonic() - self._printed >= LINE_SECONDS:
            self._printed = time.monotonic()
            say(f"{counted} pictures, {progress.share:.0%} of the work{left and ', '}{left}", err=True)


def _about(record: "Record", message: str) -> str:
    """Return a message that names its picture once."""
    return message if record.content in message or record.output in message else f"{record.content}: {message}"


def time_left(seconds: float | None) -> str:
    """Say how long a batch still takes; nothing if that is not known."""
    return "" if seconds is None else f"{duration(seconds)} left"


def duration(seconds: float) -> str:
    """Say a duration in the unit that fits: `40 s`, `12 min`, `3.4 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _bar() -> Bar:
    return Bar(
        BarColumn(),
        TextColumn("{task.fields[count]} pictures"),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[name]}", markup=False),
        console=Console(stderr=True),
    )
