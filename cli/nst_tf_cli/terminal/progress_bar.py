"""The progress of a painting on a terminal: a bar, or plain lines where there is no terminal."""

import contextlib
import functools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from nst_tf_cli.terminal.console import printable, say
from nst_tf_cli.terminal.streams import is_plain

LINE_SECONDS = 10.0
"""Time between two plain lines, at the least."""


class Progress(Protocol):
    """What is shown of a run, here or on a server: see `nst_tf.runs.progress.Progress`."""

    @property
    def step(self) -> int: ...  # noqa: D102
    @property
    def steps(self) -> int: ...  # noqa: D102
    @property
    def share(self) -> float: ...  # noqa: D102
    @property
    def size(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def loss(self) -> float: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102
    @property
    def seconds_left(self) -> float | None: ...  # noqa: D102


Callback = Callable[[Progress], bool | None]


@contextmanager
def show_progress(*, quiet: bool, every: int | None = None, show: bool = False) -> Iterator[Callback]:
    """Provide a callback that shows steps, time left, seconds per step and loss.

    Args:
        quiet: Whether to show nothing.
        every: Steps between two plain lines, at the least; None to print one every `LINE_SECONDS`.
        show: Whether to draw the picture above the bar, where the terminal can.
    """
    if quiet:
        yield lambda _: None
    elif sys.stderr is not None and sys.stderr.isatty() and not is_plain():
        with _shown(_bar()) as bar:
            task = bar.add_task("painting", total=None, steps="", loss="", pace="", left="")
            update = functools.partial(_update, bar, task)
            yield _with_pictures(bar, update) if show else update
    else:
        yield _line_printer(every)


@contextmanager
def show_working(doing: str) -> Iterator[None]:
    """Say what takes a while and can't tell how far it is; on a terminal the line moves, and goes away in the end."""
    if sys.stderr is None or not sys.stderr.isatty() or is_plain():
        say(f"{printable(doing)}.", err=True)
        yield
        return
    with Console(stderr=True).status(escape(printable(doing))):
        yield


def _update(bar: Bar, task: TaskID, progress: Progress) -> None:
    bar.update(
        task,
        total=1.0,  # until the first step nobody knows how far it is: the bar moves to and fro
        completed=progress.share,
        steps=f"{progress.step}/{progress.steps}",
        loss=f"loss {progress.loss:.4g}",
        pace=_pace(progress),
        left=_left(progress),
    )


def _with_pictures(bar: Bar, update: Callback) -> Callable[[Any], bool | None]:
    """Draw pictures above the bar; say so if the terminal can't show any."""
    from nst_tf_cli.terminal.graphics import find_graphics
    from nst_tf_cli.terminal.live_picture import with_pictures

    draw = find_graphics()
    if draw is None:
        say("--show: this terminal does not say that it has pictures or 24 bit color; see NST_TF_GRAPHICS.", err=True)
        return update
    return with_pictures(bar, update, draw)


@contextmanager
def _shown(bar: Bar) -> Iterator[Bar]:
    """Show a bar; ignore a terminal that has been closed meanwhile."""
    bar.start()
    try:
        yield bar
    finally:
        with contextlib.suppress(OSError):
            bar.stop()


def _bar() -> Bar:
    return Bar(
        BarColumn(),
        TextColumn("{task.fields[steps]}"),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[pace]}"),
        TextColumn("{task.fields[loss]}"),
        console=Console(stderr=True),
    )


def _line_printer(every: int | None) -> Callback:
    printed, before = 0.0, 0

    def print_line(progress: Progress) -> None:
        """Print a line if one is due."""
        nonlocal printed, before
        due = progress.step // every > before // every if every else time.monotonic() - printed >= LINE_SECONDS
        if not due and progress.step < progress.steps:
            return
        printed, before = time.monotonic(), progress.step
        parts = [
            f"step {progress.step}/{progress.steps}",
            _left(progress),
            _pace(progress),
            f"loss {progress.loss:.4g}",
        ]
        say("  ".join(filter(None, parts)), err=True)

    return print_line


def _pace(progress: Progress) -> str:
    return f"{progress.seconds / progress.step:.2f} s/step at {max(progress.size)} px"


def _left(progress: Progress) -> str:
    """Say how long the rest takes; nothing as long as nobody knows."""
    seconds = progress.seconds_left
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.0f} s left"
    return f"{seconds / 60:.0f} min left" if seconds < 6000 else f"{seconds / 3600:.1f} h left"
