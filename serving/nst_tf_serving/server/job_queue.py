"""A bounded queue of jobs in front of the model."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from nst_tf_serving.rest.refusals import RequestError
from nst_tf_serving.server.waiting_lines import Line, WaitingLines

R = TypeVar("R")

PAUSE = 0.1
"""Seconds that a thread waits for the next slice of a painting, before it begins something new and long."""


@dataclass(eq=False)
class _Waiting:
    """A job that waits or runs; `held` is empty once nobody needs the job's pictures any more."""

    held: list[Callable[[], Any]]
    future: "Future[Any]"
    line: Line
    client: str


class JobQueue:
    """Threads that run jobs, and two bounded lines of waiting jobs: one of paintings in slices, one of all others.

    A running job can't be stopped from Python: TensorFlow has no call for it. It occupies its thread until it ends,
    even if nobody waits for it any more. A waiting job is dropped when its caller is canceled.
    """

    def __init__(
        self, threads: int, queue: int, *, clock: Callable[[], float] = time.monotonic, pause: float = PAUSE
    ) -> None:
        """Start threads for jobs, with room for `queue` more to wait in each line; clock and pause are in seconds."""
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="nst-tf-serve")
        self._idle, self._queue, self._clock = threads, queue, clock
        self._lines: WaitingLines[_Waiting] = WaitingLines()
        self._pause, self._lock = pause, threading.Condition(threading.Lock())

    async def run(self, job: Callable[[], R], line: Line = Line.WHOLE, client: str = "") -> R:
        """Run a job when its turn comes.

        Raises:
            RequestError: If the line is full.
        """
        return await asyncio.wrap_future(self.submit(job, line, client))

    def submit(self, job: Callable[[], R], line: Line = Line.WHOLE, client: str = "") -> "Future[R]":
        """Put a job into its line; to cancel its future is to leave the line, unless it runs already.

        Args:
            job: What to run.
            line: Whether it is a part of a painting in slices.
            client: Address of the client; clients take turns.

        Raises:
            RequestError: If the line is full.
        """
        future: Future[R] = Future()
        each = _Waiting([job], future, line, client)
        future.add_done_callback(lambda _: self._leave(each))
        with self._lock:
            if self._idle:
                self._idle -= 1
                self._threads.submit(self._work, each)
            elif self._lines.length(line) < self._queue:
                self._lines.add(each, line, client)
                self._lock.notify_all()
            else:
                raise RequestError("The queue is full; try again later, or start the server with a longer one.", 429)
        return future

    def _work(self, first: _Waiting) -> None:
        """Run a job, and then those whose turn it is, until nobody waits."""
        each: _Waiting | None = first
        while each is not None:
            each = self._run(each)

    def _run(self, each: _Waiting) -> _Waiting | None:
        """Run a job and return the next. Its thread is free before its caller knows the result and asks again."""
        begun = self._clock()
        tell = _outcome(each) if each.future.set_running_or_notify_cancel() else None
        with self._lock:
            self._lines.charge(each.line, self._clock() - begun)
            pausing = each.line is Line.SLICED and tell is not None and self._lines.expects_slice()
            following = None if pausing else self._take()
        if tell is not None:
            tell()
        return self._expected() if pausing else following

    def _expected(self) -> _Waiting | None:
        """Return the next job when a slice has come, or the pause is over; the pause counts as time of slices."""
        with self._lock:
            begun = self._clock()
            self._lock.wait_for(lambda: self._lines.length(Line.SLICED), self._pause)
            self._lines.charge(Line.SLICED, self._clock() - begun)
            return self._take()

    def _take(self) -> _Waiting | None:
        following = self._lines.take()
        self._idle += following is None
        return following

    def _leave(self, each: _Waiting) -> None:
        """Make room, and free the pictures of a job that was dropped."""
        each.held.clear()
        with self._lock:
            self._lines.remove(each, each.line, each.client)


def _outcome(each: _Waiting) -> Callable[[], None]:
    """Run a job; returns what tells its caller."""
    try:
        result = each.held.pop()()
    except BaseException as error:
        failure = error  # the name of an `except` ends with it
        return lambda: each.future.set_exception(failure)
    return lambda: each.future.set_result(result)
