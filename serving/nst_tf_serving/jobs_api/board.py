"""The jobs of a server, and what may happen to them: submitted, taken, changed, ended, canceled, expired.

Safe to use from several threads; records are never changed, only replaced. What happens is written to the job's folder
at once, the progress of a job once a second.
"""

import dataclasses
import logging
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

from nst_tf.batch.record import Record, Status
from nst_tf_serving.jobs_api.fairness import Turns, check_room
from nst_tf_serving.jobs_api.options import JobOptions
from nst_tf_serving.jobs_api.records import JobRecord, State
from nst_tf_serving.jobs_api.store import JobStore
from nst_tf_serving.jobs_api.submission import Submission
from nst_tf_serving.rest.refusals import RequestError

MOST_LOSSES = 3
"""How often a job may lose its process or its server without getting any further."""

SAVE_SECONDS = 1.0
"""Time between two records of the progress of a job."""

DAY = 86_400


class JobBoard:
    """All jobs of a server.

    Attributes:
        options: The server's options.
        store: Where jobs are kept.
        closed: Whether the server ends, so that no job is taken any more.
    """

    def __init__(self, options: JobOptions) -> None:
        """Begin without jobs; `load` brings those of an earlier server back."""
        self.options, self.store = options, JobStore(options.folder)
        self._jobs: dict[str, JobRecord] = {}
        self._canceled: set[str] = set()
        self._turns, self._changed = Turns(), threading.Condition(threading.RLock())
        self._saved, self.closed = 0.0, False

    def close(self) -> None:
        """Let nobody take a job any more."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def load(self) -> None:
        """Bring back the jobs in the folder; what was being painted waits to be continued."""
        with self._changed:
            for record in self.store.load():
                self._jobs[record.id] = record
                if record.state is State.PAINTING:
                    self._lost(record)
        self.expire()

    def submit(self, submission: Submission, address: str) -> JobRecord:
        """Keep a new job, and let it wait for its turn.

        Raises:
            RequestError: If too many jobs wait already, or there is no room on the disk.
        """
        record = JobRecord(
            id=secrets.token_hex(8),
            created=time.time(),
            address=address,
            client=submission.client,
            content=submission.content_name,
            styles=submission.style_names,
            preset=submission.preset,
            settings=submission.settings,
            preview=submission.preview,
        )
        self.check_room(record.address, record.client)
        try:
            self.store.create(record, submission.content, submission.styles)
        except OSError as error:
            raise RequestError(f"The job can't be kept: {error.strerror}.", 503, retry_after=60) from error
        with self._changed:
            self._jobs[record.id] = record
            self._changed.notify_all()
        return record

    def check_room(self, address: str, client: str | None) -> None:
        """Refuse a client if too many jobs wait, as `fairness.check_room` does."""
        left = [each.seconds_left for each in self._jobs.values() if each.state is State.PAINTING]
        check_room(self._waiting(), (address, client), room=self.options.queue, seconds_left=next(iter(left), None))

    def get(self, identifier: str) -> JobRecord:
        """Return a job.

        Raises:
            RequestError: If there is none of this name.
        """
        record = self._jobs.get(identifier)
        if record is None:
            raise RequestError("There is no such job; it may have been removed, or expired.", 404)
        return record

    def all(self) -> list[JobRecord]:
        """Return all jobs, the newest first."""
        with self._changed:
            return sorted(self._jobs.values(), key=lambda record: record.created, reverse=True)

    def position(self, record: JobRecord) -> int | None:
        """Return how many jobs will be painted before a waiting one; None for another."""
        if record.state is not State.WAITING:
            return None
        with self._changed:
            identifiers = [each.id for each in self._turns.order(self._waiting())]
            painting = any(each.state is State.PAINTING for each in self._jobs.values())
        return identifiers.index(record.id) + painting if record.id in identifiers else None

    def expires(self, record: JobRecord) -> float | None:
        """Return when a job will be removed, in seconds since 1970; None as long as it has not ended."""
        return None if record.ended is None else record.ended + self.options.keep * DAY

    def cancel(self, identifier: str) -> JobRecord | None:
        """Cancel a job that waits or is painted; remove one that has ended.

        Returns:
            The job: `canceled`, or still `painting` until the current step has ended. None if it was removed.

        Raises:
            RequestError: If there is no such job.
        """
        with self._changed:
            record = self.get(identifier)
            if record.state is State.PAINTING:
                self._canceled.add(identifier)
                return record
            if record.state is State.WAITING:
                return self._end(record, State.CANCELED)
            del self._jobs[identifier]
        self.store.remove(identifier)
        return None

    def is_canceled(self, identifier: str) -> bool:
        """Tell whether a job that is painted should end."""
        return identifier in self._canceled

    def expire(self) -> None:
        """Remove the jobs whose time is over."""
        now = time.time()
        with self._changed:
            expired = [each for each in self._jobs.values() if (self.expires(each) or now) < now]
            for record in expired:
                del self._jobs[record.id]
        for record in expired:
            self.store.remove(record.id)

    def take(self, seconds: float) -> JobRecord | None:
        """Return the job whose turn it is, now `painting`; wait for one, but no longer than some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting() or self.closed, seconds)
            if self.closed:
                return None
            for record in self._turns.order(self._waiting())[:1]:
                self._turns.take(record)
                taken = self._keep(record.changed({"state": State.PAINTING}))
                self._saved = 0.0  # so that its first step is written, too
                return taken
        return None

    def change(self, identifier: str, changes: Mapping[str, Any]) -> None:
        """Note the progress of a job that is painted."""
        with self._changed:
            record = self._jobs[identifier].changed(changes)
            self._jobs[identifier] = record
            if time.monotonic() > self._saved + SAVE_SECONDS:
                self._keep(record)

    def retry(self, identifier: str) -> JobRecord:
        """Let a job that has failed wait again; it goes on from its last checkpoint if there is one.

        Raises:
            RequestError: If there is no such job, it has not failed, or too many jobs wait.
        """
        with self._changed:
            record = self.get(identifier)
            if record.state is not State.FAILED:
                raise RequestError(f"Only a job that has failed can be retried; it is {record.state.value}.", 409)
            self.check_room(record.address, record.client)
            self._changed.notify_all()
            return self._keep(record.retried())

    def end(self, identifier: str, painted: Record, *, retry: bool = False) -> None:
        """Note how painting a job has ended; one that was interrupted but not canceled waits to be continued.

        Args:
            identifier: The job.
            painted: How it has ended.
            retry: Whether it may end otherwise if it is retried, so that its checkpoints are kept.
        """
        with self._changed:
            painted = self.store.with_names(self._jobs[identifier], painted)
            record = self._jobs[identifier].painted(painted)
            if painted.status is Status.FAILED:
                self._end(record, State.FAILED, error=painted.error or "", keep_run=retry)
            elif painted.status is Status.INTERRUPTED and not self.is_canceled(identifier):
                self._keep(dataclasses.replace(record, state=State.WAITING))
            elif painted.status is Status.INTERRUPTED:
                self._end(record, State.CANCELED)
            else:
                self._end(record, State.FINISHED, share=1.0, seconds_left=0.0, steps=record.steps or record.step)

    def fail(self, identifier: str, reason: str) -> None:
        """Note that a job can't be begun."""
        with self._changed:
            self._end(self._jobs[identifier], State.FAILED, error=reason)

    def lost(self, identifier: str, reason: str) -> None:
        """Note that the process died that was painting a job: begin it again, but not forever."""
        with self._changed:
            self._lost(self._jobs[identifier], reason)

    def _lost(self, record: JobRecord, reason: str = "The server ended while it painted.") -> None:
        if self.is_canceled(record.id):
            self._end(record, State.CANCELED)
            return
        record = record.lost()
        if record.losses < MOST_LOSSES:
            self._keep(record)
            return
        error = f"{reason} That happened {record.losses} times; choose a smaller size or other pictures."
        self._end(record, State.FAILED, error=error)

    def _end(self, record: JobRecord, state: State, *, keep_run: bool = False, **changes: Any) -> JobRecord:
        ended = {"state": state, "ended": time.time(), "seconds_left": None, **changes}
        self._canceled.discard(record.id)
        if not keep_run:
            self.store.remove_run(record.id)
        return self._keep(dataclasses.replace(record, **ended))

    def _keep(self, record: JobRecord) -> JobRecord:
        self._jobs[record.id], self._saved = record, time.monotonic()
        try:
            self.store.save(record)
        except OSError as error:  # as long as this server runs, it knows
            logging.getLogger(__name__).warning("A job's record can't be written: %s", error)
        return record

    def _waiting(self) -> list[JobRecord]:
        return [record for record in list(self._jobs.values()) if record.state is State.WAITING]
