"""Whose turn it is: clients take turns, so that one with many jobs delays each of the others by one job at most."""

from collections.abc import Iterable, Sequence

from nst_tf_serving.jobs_api.records import JobRecord
from nst_tf_serving.rest.refusals import RequestError

RETRY_SECONDS = 10
"""What a refused client is asked to wait if nothing better is known."""

REMEMBERED = 1000
"""Clients whose last turn is remembered."""

Key = tuple[str, ...]
"""An address, or an address and the name of a client there."""


class Turns:
    """Chooses among waiting jobs: the address that was served least recently, there the client, its oldest job.

    Addresses come first, so that a client gains nothing by giving itself many names.
    """

    def __init__(self) -> None:
        """Begin with nobody served."""
        self._last: dict[Key, int] = {}

    def order(self, waiting: Iterable[JobRecord]) -> list[JobRecord]:
        """Return waiting jobs in the order in which they will be painted, if no other comes."""
        rest, last, ordered = list(waiting), dict(self._last), []
        while rest:
            chosen = min(rest, key=lambda job: (*(last.get(key, 0) for key in _keys(job)), job.created))
            rest.remove(chosen)
            ordered.append(chosen)
            _serve(chosen, last)
        return ordered

    def take(self, job: JobRecord) -> None:
        """Note that a job's client was served."""
        _serve(job, self._last)
        for key in list(self._last)[:-REMEMBERED]:
            del self._last[key]


def _serve(job: JobRecord, last: dict[Key, int]) -> None:
    turn = max(last.values(), default=0) + 1
    for key in _keys(job):
        last.pop(key, None)  # so that the least recent come first
        last[key] = turn


def _keys(job: JobRecord) -> tuple[Key, Key]:
    return (job.address,), (job.address, job.client)


def check_room(
    waiting: Sequence[JobRecord], who: tuple[str, str | None], *, room: int, seconds_left: float | None
) -> None:
    """Refuse a client if too many jobs wait, of all clients or of this one.

    Args:
        waiting: The jobs that wait.
        who: The client's network address, and the name that it gives itself; None if that is not known yet.
        room: Jobs that may wait; one client may have half of them.
        seconds_left: What is known to be left of the job that is painted.

    Raises:
        RequestError: 503 or 429, with the seconds after which it may try again.
    """
    own = [record for record in waiting if (record.address, record.client) == who]
    after = max(1, min(3600, round(seconds_left or RETRY_SECONDS)))
    if len(waiting) >= room:
        raise RequestError("The queue is full; try again later.", 503, retry_after=after)
    if len(own) >= max(1, room // 2):
        message = f"{len(own)} of your jobs are waiting; cancel one, or try again later."
        raise RequestError(message, 429, retry_after=after)
