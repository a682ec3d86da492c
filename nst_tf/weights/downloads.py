"""Timeouts and progress of downloads."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

Tell = Callable[[int], None]
"""Takes the number of bytes downloaded so far."""

Display = Callable[[int], AbstractContextManager[Tell]]
"""Takes the size of a download in bytes, and shows its progress while the context is open."""

_display: Display = lambda size: nullcontext(lambda done: None)  # noqa: E731, ARG005


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Timeouts, in seconds.

    Attributes:
        first: Until the first source answers.
        all: Until any source answers.
        stall: Until the next bytes of a download arrive; there is no limit on its total time.
    """

    first: float
    all: float
    stall: float


AUTOMATIC = Patience(first=1.5, all=4.5, stall=10)
"""If nobody asked for a download: five seconds in all when offline, including the end of a process."""

EXPLICIT = Patience(first=5, all=60, stall=60)
"""If the user asked for a download."""


def show_downloads(display: Display) -> None:
    """Set how this process displays its downloads."""
    global _display
    _display = display


def announced(what: str, size: int) -> AbstractContextManager[Tell]:
    """Log one line that a download begins, and display its progress while the context is open.

    Args:
        what: How the line refers to the file.
        size: Bytes to download.
    """
    logging.getLogger(__name__).warning("Downloading %s, %.1f MB, once for all runs.", what, size / 1e6)
    return _display(size)
