"""A bounded queue of jobs in front of the model."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from nst_tf_serving.rest.refusals import RequestError

R = TypeVar("R")


class JobQueue:
    """Threads that run jobs, and a bounded queue of waiting jobs.

    A running job can't be stopped from Python: TensorFlow has no call for it. It occupies its thread until it ends,
    even if nobody waits for it any more. A waiting job is dropped when its caller is canceled.
    """

    def __init__(self, threads: int, queue: int) -> None:
        """Start threads for jobs, with room for `queue` more to wait."""
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="nst-tf-serve")
        self._room = threads + queue
        self._lock = threading.Lock()

    async def run(self, job: Callable[[], R]) -> R:
        """Run a job when a thread is free.

        Raises:
            RequestError: If the queue is full.
        """
        return await asyncio.wrap_future(self.submit(job))

    def submit(self, job: Callable[[], R]) -> "Future[R]":
        """Put a job into the queue; to cancel its future is to leave the queue, unless it runs already.

        Raises:
            RequestError: If the queue is full.
        """
        with self._lock:
            if self._room == 0:
                raise RequestError("The queue is full; try again later, or start the server with a longer one.", 429)
            self._room -= 1
        held = [job]
        future = self._threads.submit(lambda: held.pop()())
        future.add_done_callback(lambda _: self._leave(held))
        return future

    def _leave(self, held: list[Callable[[], R]]) -> None:
        """Make room, and free the pictures of a job that was dropped: a thread's queue keeps it until its turn."""
        held.clear()
        with self._lock:
            self._room += 1
