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
        with self._lock:
            if self._room == 0:
                raise RequestError("The queue is full; try again later, or start the server with a longer one.", 429)
            self._room -= 1
        future = self._threads.submit(job)
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _leave(self, _: "Future[R]") -> None:
        with self._lock:
            self._room += 1
