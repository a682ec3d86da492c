"""The process that paints jobs, one after the other, with one compiled loop that stays warm.

It is a process of its own: if one job takes it down, for lack of memory or in a decoder, the server and all other jobs
are still there. It ends when the server is gone, after the current step, whose state it saves.
"""

import contextlib
import errno
import os
import queue
import shutil
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.batch.record import Record, failure
from nst_tf.batch.worker import attempt
from nst_tf.errors import sentence
from nst_tf.jobs.errors import JobError
from nst_tf.jobs.events import Event
from nst_tf.jobs.fallback_folder import FALLBACK_PREFIX
from nst_tf.jobs.folder_lock import locked
from nst_tf.jobs.job import Job
from nst_tf_serving.jobs_api.shown_pictures import show_image, show_painting, show_photograph

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PREVIEW_SECONDS = 0.7
"""Time between two previews, at least."""

PREVIEW_SHARE = 0.05
"""Share of the time that previews may take; where they take longer, there are fewer."""

OOM_SCORE = "300"
"""How much sooner than others, in thousandths of the memory, the system ends this process where memory runs out."""

STOP = "stop"
"""Message to the process: end the current job after this step."""

NO_ROOM = tuple(getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS") if hasattr(errno, name))
"""Errors of a disk that takes nothing more."""

NUMBERS = ("step", "steps", "share", "loss", "seconds", "seconds_left")
"""Fields of a `Progress` that are fields of a `JobRecord`, too."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """Message to the process: a job to paint.

    Attributes:
        job: What to paint.
        preview: File for previews.
        before: File for a copy of the photograph that a browser shows.
    """

    job: Job
    preview: Path
    before: Path


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Message from the process: a task has ended.

    Attributes:
        record: How.
        retry: Whether it may end otherwise if it is retried.
    """

    record: Record
    retry: bool


def paint_tasks(connection: "Connection[Any, Any]", log: Path) -> None:
    """Paint what comes through a connection until it is closed.

    Each task is answered by mappings, the fields of a `JobRecord` that have changed, and at last by `Ended`.

    Args:
        connection: To the server.
        log: File that gets what TensorFlow writes.
    """
    _prepare(log)
    tasks: queue.Queue[Task | None] = queue.Queue()
    stop, painting = threading.Event(), threading.Event()
    threading.Thread(target=_receive, args=(connection, tasks, stop, painting), daemon=True).start()
    with contextlib.suppress(ImportError):  # the first task fails with the reason
        import tensorflow  # noqa: F401  (so that the first task need not wait for it)
    while (task := tasks.get()) is not None:
        painting.set()
        ended = _paint(task, connection, stop)
        with contextlib.suppress(OSError):  # the server is gone
            connection.send(ended)
        painting.clear()


def _prepare(log: Path) -> None:
    """Leave Ctrl-C to the server, write to a log, and go before the server does where memory runs out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": "tensorflow"}
    with contextlib.suppress(OSError):  # only Linux has it
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    with contextlib.suppress(OSError), log.open("wb") as stream:
        for standard in (1, 2):
            os.dup2(stream.fileno(), standard)
    sys.stdout = sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115


def _receive(
    connection: "Connection[Any, Any]",
    tasks: "queue.Queue[Task | None]",
    stop: threading.Event,
    painting: threading.Event,
) -> None:
    """Take messages while a task is painted; where the server is gone and nothing is painted, end the process."""
    try:
        while True:
            message = connection.recv()
            if message == STOP:
                stop.set()
            else:
                stop.clear()
                tasks.put(message)
    except (EOFError, OSError):
        stop.set()
        tasks.put(None)
        if not painting.is_set():
            os._exit(0)  # TensorFlow may still be loading


def _paint(task: Task, connection: "Connection[Any, Any]", stop: threading.Event) -> Ended:
    reporter = _Reporter(task, connection)
    if not task.before.exists():
        show_photograph(task.job.content, task.before)
    try:
        _wait_for_predecessor(task.job, stop)
        options: dict[str, Any] = {"on_event": reporter, "should_stop": stop.is_set, "label": _label}
        attempted = attempt(task.job, **options, explain=_explain)
    except Exception as error:
        return Ended(record=failure(task.job, error), retry=False)
    reporter.show_painting()
    return Ended(record=attempted.record, retry=attempted.retry)


def _explain(error: Exception) -> str:
    """Say why a job failed, without the server's places; a picture that was saved elsewhere reaches nobody there."""
    if isinstance(error, JobError) and error.picture and error.picture.parent.name.startswith(FALLBACK_PREFIX):
        shutil.rmtree(error.picture.parent, ignore_errors=True)
    cause = error.__cause__ or error
    if isinstance(cause, OSError) and cause.errno in NO_ROOM:
        return f"The server can't write: {cause.strerror}. Once it can, a retry goes on from the last checkpoint."
    return error.reason if isinstance(error, JobError) else sentence(error)


def _wait_for_predecessor(job: Job, stop: threading.Event) -> None:
    """Wait until the process of an earlier server, which was killed, has saved the same run and left it."""
    while job.checkpoint and job.checkpoint.is_dir() and not stop.is_set():
        try:
            with locked(job.checkpoint, job.checkpoint):
                return
        except BlockingIOError:
            time.sleep(0.1)


def _label(name: str) -> str:
    """Return how messages name a setting; only the command line can paint what does not seem to fit."""
    return "use nst-tf stylize --force for" if name == "force" else name


class _Reporter:
    """Sends the events of a job to the server, and writes previews."""

    def __init__(self, task: Task, connection: "Connection[Any, Any]") -> None:
        """Send nothing yet."""
        self._task, self._connection = task, connection
        self._step, self._due = 0, 0.0

    def __call__(self, event: Event) -> None:
        """Send the numbers of a step, with a preview if one is due."""
        from nst_tf.runs.progress import Progress

        if not isinstance(event, Progress):
            return
        height, width = event.size
        changes: dict[str, Any] = {"width": width, "height": height}
        changes |= {name: getattr(event, name) for name in NUMBERS}
        self._step, begun = event.step, time.monotonic()
        if begun >= self._due:
            with contextlib.suppress(OSError):  # no preview may cost a painting
                show_image(event.image(), self._task.preview)
                changes["preview_step"] = event.step
            now = time.monotonic()
            self._due = now + max(PREVIEW_SECONDS, (now - begun) / PREVIEW_SHARE)
        self._send(changes)

    def show_painting(self) -> None:
        """Show the painting itself as the last preview, if there is one."""
        with contextlib.suppress(OSError):
            show_painting(self._task.job.output, self._task.preview)
            self._send({"preview_step": self._step})

    def _send(self, changes: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # the server is gone, and the run ends after this step
            self._connection.send(changes)
