"""What a load test records, and its figures."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RIGHT, REFUSED, LEFT, BUSY = "right", "refused", "left", "busy"
"""Outcomes that are as they should be: the right bytes; a bad request refused; a client that has gone; a full queue."""

WRONG, LOST = "wrong", "lost"
"""Outcomes that fail the test: another answer than the right one, or none."""


@dataclass
class Outcome:
    """What became of a request; see `Answer`."""

    outcome: str
    note: str = ""
    waited: float | None = None
    painted: float | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a request.

    Attributes:
        kind: Kind of the client.
        client: Number of the client.
        outcome: One of the outcomes above.
        seconds: Time to the answer.
        waited: Seconds in the server's queue, if it says so.
        painted: Seconds of painting, if the server says so.
        note: What came instead of the right answer.
    """

    kind: str
    client: int
    outcome: str
    seconds: float
    waited: float | None = None
    painted: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Load:
    """A load test of one server: its answers, and its memory in MB by seconds."""

    answers: Sequence[Answer]
    memory: Sequence[tuple[float, float]]


def rows_by_kind(load: Load) -> list[list[str]]:
    """Return a row for each kind of client: how many, outcomes, p50 and p95 of times in seconds, fairness.

    The times are those to an answer, in the queue and of painting; the last two where the server says so.
    """
    return [_row(kind, [each for each in load.answers if each.kind == kind]) for kind in _kinds(load.answers)]


def _row(kind: str, answers: Sequence[Answer]) -> list[str]:
    count = Counter(each.outcome for each in answers)
    finished = [each for each in answers if each.outcome in (RIGHT, REFUSED)]
    timed = [each for each in answers if each.outcome == RIGHT and each.painted is not None]
    return [
        f"{kind} ({len({each.client for each in answers})})",
        *(str(count[outcome]) for outcome in (RIGHT, REFUSED, LEFT, BUSY)),
        str(count[WRONG] + count[LOST]),
        quantiles([each.seconds for each in finished]),
        quantiles([each.waited or 0.0 for each in timed]),
        quantiles([each.painted or 0.0 for each in timed]),
        fairness(answers) if count[RIGHT] else "",
    ]


def _kinds(answers: Iterable[Answer]) -> list[str]:
    return list(dict.fromkeys(each.kind for each in sorted(answers, key=lambda each: each.client)))


def quantiles(seconds: Sequence[float]) -> str:
    """Return median and 95th percentile, as `1.20 / 3.40`; empty without values."""
    if not seconds:
        return ""
    return f"{statistics.median(seconds):.2f} / {sorted(seconds)[int(0.95 * (len(seconds) - 1))]:.2f}"


def fairness(answers: Sequence[Answer]) -> str:
    """Return Jain's index of the clients' right answers: 1 if all got the same number, 1/n if one got all."""
    clients = Counter({each.client: 0 for each in answers})
    clients.update(each.client for each in answers if each.outcome == RIGHT)
    counts = list(clients.values())
    return f"{sum(counts) ** 2 / (len(counts) * sum(each**2 for each in counts)):.3f}"


def failures(load: Load) -> list[str]:
    """Return a sentence for each answer that was wrong or lost."""
    return [
        f"{each.kind}, client {each.client}: {each.outcome}: {each.note}"[:300] for each in load.answers if _bad(each)
    ]


def _bad(answer: Answer) -> bool:
    return answer.outcome in (WRONG, LOST)
