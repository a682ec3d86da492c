"""How long a request waited in the queue, and how long it ran."""

import time
from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")


class Stopwatch:
    """Times of one job, from its submission on."""

    def __init__(self) -> None:
        """Start, as the job is submitted."""
        self._submitted = self._begun = self._ended = time.monotonic()

    def run(self, job: Callable[[], R]) -> R:
        """Run the job, whose turn has come."""
        self._begun = time.monotonic()
        try:
            return job()
        finally:
            self._ended = time.monotonic()

    def server_timing(self) -> str:
        """Return the value of the header `Server-Timing`, in milliseconds."""
        queue, run = self._begun - self._submitted, self._ended - self._begun
        return f"queue;dur={1000 * queue:.1f}, run;dur={1000 * run:.1f}"
