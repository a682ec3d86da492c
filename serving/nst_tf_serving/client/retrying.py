"""Repeat what a server could not answer: after a pause, or at another server."""

import itertools
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from nst_tf_serving.client.transport import Description, Outputs, ServerError, Transport, Value

T = TypeVar("T")

BUSY = 429
"""Status of a server whose queue is full."""

GONE = (None, 502, 503)
"""Statuses of servers, or of proxies in front of them, that are not there; None without any answer."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""Seconds between two attempts: twice as long each time, less a random part, so that clients do not come together."""


class RetryingTransport:
    """A way to any of several servers; see `Transport`.

    A busy server is asked again. So is one that is gone, once there has been an answer: the first time, its address may
    simply be wrong. Every failure moves on to the next server; only a round of failures ends in a pause.
    """

    def __init__(self, ways: Sequence[Transport], *, patience: float) -> None:
        """Start at the first server.

        Args:
            ways: A way to each server, at least one.
            patience: Seconds without an answer after which the error is raised.
        """
        self._ways, self._patience = list(ways), patience
        self._answered = False

    def predict(self, signature: str, inputs: Mapping[str, Value]) -> Outputs:
        """Run a signature, as `Transport.predict` does."""
        return self._attempt(lambda way: way.predict(signature, inputs))

    def describe(self) -> Description:
        """Return what the server says of the model, as `Transport.describe` does."""
        return self._attempt(lambda way: way.describe())

    def _attempt(self, call: Callable[[Transport], T]) -> T:
        begun, failures = time.monotonic(), 0
        pauses = _pauses()
        while True:
            try:
                answer = call(self._ways[0])
            except ServerError as error:
                failures += 1
                self._ways.append(self._ways.pop(0))
                if not self._is_worth_another(error, failures) or time.monotonic() - begun > self._patience:
                    raise
                if failures % len(self._ways) == 0:
                    time.sleep(next(pauses))
            else:
                self._answered = True
                return answer

    def _is_worth_another(self, error: ServerError, failures: int) -> bool:
        known = self._answered or failures < len(self._ways)
        return error.status == BUSY or (error.status in GONE and known)


def _pauses() -> Iterator[float]:
    for attempt in itertools.count():
        yield min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311 (no secret)
