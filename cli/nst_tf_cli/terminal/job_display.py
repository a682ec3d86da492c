"""A job on a terminal: its events as lines and a bar, signals as requests to stop, its result as an exit code."""

import functools
import shlex
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from nst_tf_cli.terminal.announcement import announcement
from nst_tf_cli.terminal.console import FAILED, printable, say
from nst_tf_cli.terminal.errors import INTERRUPTED, fail, option_name
from nst_tf_cli.terminal.progress_bar import show_progress
from nst_tf_cli.terminal.signals import exit_code, ignore_signals, stop_on_signal
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow

if TYPE_CHECKING:
    from nst_tf.jobs.errors import JobError
    from nst_tf.jobs.events import Event, OnEvent, Started
    from nst_tf.jobs.job import Job
    from nst_tf.jobs.paint import JobResult
    from nst_tf.runs.progress import Callback
    from nst_tf.runs.provenance import Provenance

    Remark = Callable[[Provenance], str | None]

STOPPING = "Stopping after this step, to save what has been painted; Ctrl-C once more to give up."


class Work(Protocol):
    """A job that is ready to run."""

    def __call__(self, *, on_event: "OnEvent", should_stop: Callable[[], bool]) -> "JobResult":
        """Run it."""


def paint_job(job: "Job", *, quiet: bool, like: Path | None = None, remark: "Remark | None" = None) -> None:
    """Paint a job after everything that can go wrong early has been checked, show it, and exit with a code.

    Args:
        job: What to paint.
        quiet: Whether to print nothing but errors.
        like: The example that the settings come from.
        remark: Says in one line what is notable about what the painting depends on.
    """
    from nst_tf.jobs.errors import RunExistsError
    from nst_tf.jobs.no_run_folder import run_folder_of
    from nst_tf.jobs.paint import load_inputs, paint

    try:
        folder = run_folder_of(job)
    except RunExistsError as error:
        raise FileExistsError(_way_out(error.folder)) from None
    also_read = {option_name("like"): like} if like else {}
    pictures = load_inputs(job, folder=folder, label=option_name, also_read=also_read)
    start_tensorflow()
    work = functools.partial(paint, job, folder=folder, pictures=pictures, label=option_name)
    show_job(work, quiet=quiet, remark=remark)


def show_job(work: Work, *, quiet: bool, remark: "Remark | None" = None) -> None:
    """Do a job, show it, and exit with a code if it was interrupted, or something could not be saved.

    Ctrl-C, SIGTERM and a closed terminal end the run after the current step, save what has been painted, and exit with
    128 and the signal's number; another Ctrl-C a second later gives up.

    Args:
        work: The job.
        quiet: Whether to print nothing but errors.
        remark: Says in one line what is notable about what the painting depends on.
    """
    from nst_tf.jobs.errors import JobError
    from nst_tf.jobs.paint import State

    with JobDisplay(quiet=quiet, remark=remark) as display:
        try:
            result = work(on_event=display, should_stop=lambda: display.received() > 0)
        except JobError as error:
            fail(printable(explain(error)), FAILED)
        except KeyboardInterrupt:
            if display.folder is None:
                raise
            fail(f"Interrupted; the picture was not saved. {advice(display.folder)}", INTERRUPTED)
    if result.state is State.INTERRUPTED and result.painting:
        steps = f"{result.painting.steps} of {result.painting.planned}"
        more = f" {advice(display.folder)}" if display.folder else ""
        message = f"Interrupted at step {steps}; {result.path} holds what was painted.{more}"
        fail(message, exit_code(display.received()))
    endings = {
        State.STORED: f"This run has finished; {result.path} is a copy of its painting.",
        State.PUBLISHED: f"This run has finished: {result.path}",
    }
    if not quiet:
        say(endings.get(result.state, str(result.path)), err=False)
    if not result.complete:
        raise typer.Exit(FAILED)


class JobDisplay:
    """Shows the events of a job.

    Attributes:
        folder: The run's folder, once painting has begun; None if there is none.
        received: Returns the number of the signal that has asked for an end, 0 if none has.
    """

    def __init__(self, *, quiet: bool, remark: "Remark | None" = None) -> None:
        """Show nothing yet."""
        self.folder: Path | None = None
        self.received: Callable[[], int] = int
        self._quiet, self._remark = quiet, remark
        self._signals, self._bar = ExitStack(), ExitStack()
        self._progress: Callback = lambda _: None

    def __enter__(self) -> "JobDisplay":
        """Return the display."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bar and restore the signal handlers."""
        self._bar.close()
        self._signals.close()

    def __call__(self, event: "Event") -> None:
        """Show an event."""
        from nst_tf.jobs.events import Resumed, Saving, Started, Trouble

        if isinstance(event, Started):
            self._start(event)
        elif isinstance(event, Resumed):
            if not self._quiet:
                say(f"Resuming after step {event.step}.", err=True)
        elif isinstance(event, Trouble):
            if not (self._quiet and event.harmless):
                say(printable(f"Warning: {event.message}"), err=True)
        elif isinstance(event, Saving):
            self._bar.close()
            ignore_signals()
        else:
            self._progress(event)

    def _start(self, started: "Started") -> None:
        self.folder = started.job.checkpoint
        if not self._quiet:
            if self._remark and (line := self._remark(started.provenance)):
                say(line, err=True)
            say(announcement(started), err=True)
        self.received = self._signals.enter_context(stop_on_signal(STOPPING))
        self._progress = self._bar.enter_context(show_progress(quiet=self._quiet))


def explain(error: "JobError") -> str:
    """Explain why a job failed, where its picture is, and how to recover."""
    from nst_tf.jobs.errors import NotPublishedError

    more = f" {advice(error.folder)}" if error.folder else ""
    if isinstance(error, NotPublishedError):
        mended = " Once that is fixed:" if error.finished else ""
        where = f" The painting is in {error.picture}." if error.picture else ""
        return f"{error.reason}{where}{mended}{more}"
    way = f"{error.picture} holds the last good picture; --start {error.picture} continues from it."
    return f"{error.reason} {way}{more}"


def advice(folder: Path) -> str:
    """Return the advice to resume a run."""
    return f"nst-tf resume {quoted(folder)} continues it."


def quoted(folder: Path) -> str:
    """Quote a folder for a shell."""
    return shlex.quote(str(folder))


def _way_out(folder: Path) -> str:
    resume = advice(folder).removesuffix(".")
    return f"{folder} already holds a run. {resume}; to start over, name another folder or delete this one."
