"""Which picture of a batch is painted next, which again, and which never: the same for every engine."""

import dataclasses
from collections import deque
from collections.abc import Mapping, Sequence

from nst_tf.batch.events import BatchTrouble, OnBatchEvent, PictureEnded
from nst_tf.batch.paths import shown
from nst_tf.batch.record import Record, Status, failure, record_of
from nst_tf.batch.worker import Attempt
from nst_tf.jobs.job import Job

LOSSES = 3
"""How often the process that paints a picture may die, getting no further, before the picture counts as the reason."""


class Schedule:
    """The jobs of a batch that are still to be painted, and the records of the others.

    Attributes:
        jobs: All jobs.
        stopped: Whether no further picture is begun.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        order: Sequence[int],
        *,
        retries: int,
        fail_fast: bool,
        on_event: OnBatchEvent,
    ) -> None:
        """Begin with all jobs of an order waiting.

        Args:
            jobs: All jobs.
            order: Indices of those to paint, the first first.
            retries: How often a picture is painted again that failed for a reason that may pass.
            fail_fast: Whether the first failure stops the batch.
            on_event: Receives a `PictureEnded` for each record.
        """
        self.jobs, self.stopped = jobs, False
        self._waiting, self._retries, self._fail_fast = deque(order), retries, fail_fast
        self._records: dict[int, Record] = {}
        self._tried: dict[int, list[Record]] = {}
        self._lost: dict[int, tuple[int, int]] = {}
        self._on_event = on_event

    def __len__(self) -> int:
        """Return how many pictures wait."""
        return 0 if self.stopped else len(self._waiting)

    def take(self) -> int | None:
        """Take the next picture; None if none waits."""
        return self._waiting.popleft() if len(self) else None

    def refuse(self, reasons: Mapping[int, str]) -> None:
        """Record pictures that are not painted at all."""
        for index, reason in reasons.items():
            self._end(index, failure(self.jobs[index], reason))

    def end(self, index: int, result: Attempt) -> None:
        """Record how an attempt ended; after a failure that may pass, there is another one at the end of the queue."""
        tried = self._tried.setdefault(index, [])
        tried.append(result.record)
        if result.record.status is Status.FAILED and result.retry and len(tried) <= self._retries and not self.stopped:
            self._waiting.append(index)
            return
        seconds = sum(each.seconds for each in tried)
        self._end(index, dataclasses.replace(result.record, seconds=seconds, attempts=len(tried)))

    def give_back(self, index: int, reason: str, *, step: int = 0) -> None:
        """Let a picture be painted next whose process has died; too many deaths count as a failure.

        Args:
            index: The picture.
            reason: Why the process died.
            step: How far the picture had come; deaths count as long as none was later than the one before.
        """
        furthest, deaths = self._lost.get(index, (0, 0))
        self._lost[index] = max(furthest, step), 1 if step > furthest else deaths + 1
        if self._lost[index][1] >= LOSSES:
            error = f"The process that painted it died {LOSSES} times, the last time: {reason}"
            self._end(index, failure(self.jobs[index], error, attempts=LOSSES))
            return
        name = shown(self.jobs[index].output)
        self._on_event(BatchTrouble(message=f"The process that painted {name} died; it is painted elsewhere. {reason}"))
        self._waiting.appendleft(index)

    def records(self) -> list[Record]:
        """Return the records of all jobs, in their order; those that nobody began are pending."""
        return [self._records.get(i) or record_of(job, Status.PENDING) for i, job in enumerate(self.jobs)]

    def _end(self, index: int, record: Record) -> None:
        self._records[index] = record
        if record.status is Status.INTERRUPTED or (record.status is Status.FAILED and self._fail_fast):
            self.stopped = True
        self._on_event(PictureEnded(index=index, record=record))
