"""Whose turn it is: clients take turns, so that one with many jobs delays each of the others by one job at most."""

from collections.abc import Iterable

from nst_tf_serving.jobs_api.records import JobRecord

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
