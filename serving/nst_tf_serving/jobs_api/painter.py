"""The thread that gives jobs to the process that paints, and starts another process if one dies.

A process, so that no job can take the server down; one, as a painting uses all cores; the same one for all jobs, so
that TensorFlow is loaded and the loop is compiled once.
"""

import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from nst_tf_serving.jobs_api.board import JobBoard
from nst_tf_serving.jobs_api.painting_process import STOP, Ended, Task, paint_tasks
from nst_tf_serving.jobs_api.records import JobRecord
from nst_tf_serving.jobs_api.store import BEFORE, PREVIEW

LOG = "painter.log"
"""File in the folder of all jobs for what TensorFlow writes."""

PULSE = 0.1
"""Seconds after which the thread looks whether a job was canceled."""

IDLE = 60.0
"""Seconds after which it looks whether results have expired."""


class Painter:
    """Paints the jobs of a board."""

    def __init__(self, board: JobBoard) -> None:
        """Prepare; nothing is started before `running`."""
        self._board = board
        self._process: BaseProcess | None = None
        self._connection: Connection[Any, Any] | None = None

    @contextmanager
    def running(self, *, warm: bool) -> Iterator[None]:
        """Paint until the context ends; what is painted then is saved, and continued by the next server.

        Args:
            warm: Whether to start the process at once, so that the first job need not wait for TensorFlow.
        """
        thread = threading.Thread(target=self._run, kwargs={"warm": warm}, name="nst-tf-painter", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._board.close()
            thread.join()

    def _run(self, *, warm: bool) -> None:
        if warm:
            self._started()
        while not self._board.closed:
            self._board.expire()
            record = self._board.take(IDLE)
            if record is not None:
                self._paint(record)
        self._end_process()

    def _paint(self, record: JobRecord) -> None:
        store = self._board.store
        try:
            job = store.job(record)
        except ValueError as error:  # it comes from a server of another version
            self._board.fail(record.id, str(error))
            return
        connection = self._started()
        try:
            connection.send(Task(job=job, preview=store.file(record.id, PREVIEW), before=store.file(record.id, BEFORE)))
            self._watch(record, connection)
        except (OSError, EOFError):
            self._board.lost(record.id, self._obituary())

    def _watch(self, record: JobRecord, connection: "Connection[Any, Any]") -> None:
        """Pass on what the process tells of a job, until it has ended.

        Raises:
            EOFError: If the process dies.
        """
        asked: float | None = None
        while True:
            if asked is None and (self._board.closed or self._board.is_canceled(record.id)):
                connection.send(STOP)
                asked = time.monotonic()
            if asked is not None and time.monotonic() > asked + self._board.options.patience:
                self._kill()
            for _ in wait([connection], PULSE):
                message = connection.recv()
                if isinstance(message, Ended):
                    self._board.end(record.id, message.record, retry=message.retry)
                    return
                self._board.change(record.id, message)

    def _started(self) -> "Connection[Any, Any]":
        """Return the connection to a process that is alive."""
        if self._process is not None and self._connection is not None and self._process.is_alive():
            return self._connection
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        log = self._board.store.folder / LOG
        self._process = context.Process(target=paint_tasks, args=(theirs, log), name="nst-tf-painting", daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the connection
        return self._connection

    def _obituary(self) -> str:
        """Say how the process has ended."""
        code = None
        if self._process is not None:
            self._process.join(5)
            code = self._process.exitcode
        self._kill()
        by = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        return f"The process that painted it {by}, perhaps for lack of memory."

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def _end_process(self) -> None:
        """Let the process end by itself; it has nothing to do any more."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.join(1)
        self._kill()
