"""The bounded queue before the model: what may run, what may wait, and who is turned away."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from nst_tf_serving.rest.refusals import RequestError

R = TypeVar("R")


class JobQueue:
    """Some threads that run jobs, and a queue before them that holds only so many.

    A job that runs can't be stopped: TensorFlow gives Python no way to. It keeps its thread until it ends, even when
    nobody waits for it any more. One that still waits is dropped when its caller is canceled.
    """

    def __init__(self, threads: int, queue: int) -> None:
        """Make threads for jobs, and room for `queue` more to wait."""
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="nst-tf-serve")
        self._room = threads + queue
        self._lock = threading.Lock()

    async def run(self, job: Callable[[], R]) -> R:
        """Run a job when its turn comes.

        Raises:
            RequestError: If there is no room to wait.
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
