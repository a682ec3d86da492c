"""A bar for what is downloaded, on a terminal only; the line that says what it is comes from the library."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nst_tf.weights.downloads import show_downloads
from nst_tf_cli.terminal.streams import is_plain


def show_download_bars() -> None:
    """Have the library's downloads displayed."""
    show_downloads(_bar)


@contextmanager
def _bar(size: int) -> Iterator[Callable[[int], None]]:
    quiet = not logging.getLogger("nst_tf").isEnabledFor(logging.WARNING)
    if quiet or sys.stderr is None or not sys.stderr.isatty() or is_plain():
        yield lambda done: None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("download", total=size)
        yield lambda done: progress.update(task, completed=done)
