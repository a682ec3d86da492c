"""A job on a terminal: its events as lines and a bar, signals as requests to stop, its result as a report."""

import dataclasses
import functools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nst_tf_cli.terminal.announcement import announcement, run_details
from nst_tf_cli.terminal.console import FAILED, complain, printable, say
from nst_tf_cli.terminal.errors import INTERRUPTED, fail, option_name
from nst_tf_cli.terminal.job_messages import advice, explain, finished, way_out
from nst_tf_cli.terminal.progress_bar import show_progress
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.signals import STOPPING, exit_code, ignore_signals, stop_on_signal
from nst_tf_cli.terminal.standard_streams import STANDARD, picture_to_stdout
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_cli.terminal.watching import Watching

if TYPE_CHECKING:
    from nst_tf.jobs.events import Event, OnEvent, Started
    from nst_tf.jobs.job import Job
    from nst_tf.jobs.paint import JobResult
    from nst_tf.runs.progress import Callback
    from nst_tf.runs.provenance import Provenance

    Remark = Callable[[Provenance], str | None]

BESIDE = ("checkpoint", "save_every")
"""Fields of a job that need a result with a name."""


class Work(Protocol):
    """A job that is ready to run."""

    def __call__(self, *, on_event: "OnEvent", should_stop: Callable[[], bool]) -> "JobResult":
        """Run it."""


def paint_job(
    job: "Job", watching: Watching, *, like: Path | None = None, remark: "Remark | None" = None, way_on: str = ""
) -> Report:
    """Paint a job after everything that can go wrong early has been checked, show it, and report its result.

    Args:
        job: What to paint; the output may be the standard output.
        watching: How it is watched.
        like: The example that the settings come from.
        remark: Says in one line what is notable about what the painting depends on.
        way_on: What to say after an interruption of a run that can't be resumed.
    """
    from nst_tf.jobs.errors import RunExistsError
    from nst_tf.jobs.no_run_folder import run_folder_of
    from nst_tf.jobs.paint import load_inputs, paint

    with output_of(job, watching) as (named, watched):
        try:
            folder = run_folder_of(named)
        except RunExistsError as error:
            raise FileExistsError(way_out(error.folder)) from None
        also_read = {option_name("like"): like} if like else {}
        pictures = load_inputs(named, folder=folder, label=option_name, also_read=also_read)
        start_tensorflow()
        work = functools.partial(paint, named, folder=folder, pictures=pictures, label=option_name)
        return show_job(work, watched, remark=remark, way_on=way_on)


@contextmanager
def output_of(job: "Job", watching: Watching) -> Iterator[tuple["Job", Watching]]:
    """Give a job whose output is the standard output a temporary file, which is sent there in the end.

    Raises:
        ValueError: If it asks for checkpoints or intermediate pictures, too, or the standard output is a terminal.
    """
    if job.output != STANDARD:
        yield job, watching
        return
    for name in BESIDE:
        if getattr(job, name) is not None:
            raise ValueError(f"{option_name(name)} needs a result with a name; give --output a file instead of -.")
    with picture_to_stdout() as file:
        yield dataclasses.replace(job, output=file), dataclasses.replace(watching, piped=file)


def show_job(work: Work, watching: Watching, *, remark: "Remark | None" = None, way_on: str = "") -> Report:
    """Do a job, show it, and report its result; the code is not 0 if it was interrupted, or something was not saved.

    Ctrl-C, SIGTERM and a closed terminal end the run after the current step, save what has been painted, and exit with
    128 and the signal's number; another Ctrl-C a second later gives up.

    Args:
        work: The job.
        watching: How it is watched.
        remark: Says in one line what is notable about what the painting depends on.
        way_on: What to say after an interruption of a run that can't be resumed.
    """
    from nst_tf.jobs.errors import JobError
    from nst_tf.jobs.paint import State

    with JobDisplay(watching, remark=remark) as display:
        try:
            result = work(on_event=display, should_stop=lambda: display.received() > 0)
        except JobError as error:
            fail(printable(watching.named(explain(error))), FAILED)
        except KeyboardInterrupt:
            if display.folder is None:
                raise
            fail(f"Interrupted; the picture was not saved. {advice(display.folder)}", INTERRUPTED)
    if result.state is State.INTERRUPTED and result.painting:
        steps = f"{result.painting.steps} of {result.painting.planned}"
        more = advice(display.folder) if display.folder else way_on
        place = watching.named(str(result.path))
        complain(printable(f"Interrupted at step {steps}; {place} holds what was painted. {more}".rstrip()))
        return Report(values=_values(result, display), code=exit_code(display.received()))
    if result.painting and not watching.quiet:
        _, height, width, _ = result.painting.image.shape
        say(finished((height, width), display.seconds, resizable=not display.resumed), err=True)
    endings = {
        State.STORED: f"This run has finished; {result.path} is a copy of its painting.",
        State.PUBLISHED: f"This run has finished: {result.path}",
    }
    text = "" if watching.piped else endings.get(result.state, str(result.path))
    return Report(values=_values(result, display), text=text, code=0 if result.complete else FAILED)


def _values(result: "JobResult", display: "JobDisplay") -> dict[str, Any]:
    """Return a result as JSON values."""
    values: dict[str, Any] = {"path": str(result.path), "state": result.state.value, "complete": result.complete}
    if painting := result.painting:
        _, height, width, _ = painting.image.shape
        values |= {"width": width, "height": height, "steps": painting.steps, "planned": painting.planned}
        values |= {"seconds": round(display.seconds, 3), "loss": painting.loss, "terms": dict(painting.terms)}
        values |= {**display.details, "weights": painting.weights}
    return values | {"warnings": display.warnings}


class JobDisplay:
    """Shows the events of a job.

    Attributes:
        folder: The run's folder, once painting has begun; None if there is none.
        received: Returns the number of the signal that has asked for an end, 0 if none has.
        resumed: Whether the run is resumed.
        details: What the run computes on and how, as JSON values, once painting has begun.
        warnings: What went wrong and did not end the run.
    """

    def __init__(self, watching: Watching, *, remark: "Remark | None" = None) -> None:
        """Show nothing yet."""
        self.folder: Path | None = None
        self.received: Callable[[], int] = int
        self.resumed = False
        self.details: dict[str, Any] = {}
        self.warnings: list[str] = []
        self._watching, self._remark, self._begun = watching, remark, time.monotonic()
        self._signals, self._bar = ExitStack(), ExitStack()
        self._progress: Callback = lambda _: None

    def __enter__(self) -> "JobDisplay":
        """Return the display."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bar and restore the signal handlers."""
        self._bar.close()
        self._signals.close()
        self.seconds = time.monotonic() - self._begun

    def __call__(self, event: "Event") -> None:
        """Show an event."""
        from nst_tf.jobs.events import Resumed, Saving, Started, Trouble

        if isinstance(event, Started):
            self._start(event)
        elif isinstance(event, Resumed):
            self.resumed = True
            if not self._watching.quiet:
                say(f"Resuming after step {event.step}.", err=True)
        elif isinstance(event, Trouble):
            self.warnings.append(event.message)
            if not (self._watching.quiet and event.harmless):
                say(printable(f"Warning: {event.message}"), err=True)
        elif isinstance(event, Saving):
            self._bar.close()
            ignore_signals()
        else:
            self._progress(event)

    def _start(self, started: "Started") -> None:
        self.folder, self.details = started.job.checkpoint, run_details(started)
        if not self._watching.quiet:
            if self._remark and (line := self._remark(started.provenance)):
                say(line, err=True)
            say(announcement(started), err=True)
        self.received = self._signals.enter_context(stop_on_signal(STOPPING))
        how = self._watching
        bar = show_progress(quiet=how.quiet, every=how.progress_every, show=how.show)
        self._progress = self._bar.enter_context(bar)
        self._begun = time.monotonic()
