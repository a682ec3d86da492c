"""What every download has in common: how long it may keep us waiting, and who shows how far it is."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

Tell = Callable[[int], None]
"""Takes the number of bytes that have arrived."""

Display = Callable[[int], AbstractContextManager[Tell]]
"""Takes the number of bytes to come, and shows for as long as the download goes on how many there are."""

_display: Display = lambda size: nullcontext(lambda done: None)  # noqa: E731, ARG005


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds to wait.

    Attributes:
        first: For the first source's first answer.
        all: For the first answer of any source.
        stall: For the next piece of a download that has begun; a slow one may take as long as it needs.
    """

    first: float
    all: float
    stall: float


AUTOMATIC = Patience(first=1.5, all=4.5, stall=10)
"""For someone who did not ask for a download: offline, five seconds in all, with what ends a process."""

EXPLICIT = Patience(first=5, all=60, stall=60)


def show_downloads(display: Display) -> None:
    """Have all downloads of this process displayed."""
    global _display
    _display = display


def announced(what: str, size: int) -> AbstractContextManager[Tell]:
    """Log in one line that a download begins, and display it within the context."""
    logging.getLogger(__name__).warning("Downloading %s, %.1f MB, once for all runs.", what, size / 1e6)
    return _display(size)
