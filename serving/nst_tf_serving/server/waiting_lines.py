"""Whose turn it is on the local server: paintings in slices, and all other requests, share its time equally.

Without this, every slice of a painting waits behind all other requests, and a painting in ten slices waits ten times.
"""

from collections import deque
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")

SLICES = ("begin", "begin_default", "begin_named", "advance", "advance_named")
"""The signatures of a painting in slices; to begin one takes a moment, and should not wait longer than slices do."""

SAVED_SECONDS = 30.0
"""Time that a line may save up while it is empty: about a painting, which a slice may have waited for."""


class Line(Enum):
    """What a request waits in: it is a part of a painting, or whole."""

    SLICED = "sliced"
    WHOLE = "whole"


def line_of(signature: str) -> Line:
    """Return the line of a signature. Nothing is gained by a false claim: a line gets its share of time, not more."""
    return Line.SLICED if signature in SLICES else Line.WHOLE


class WaitingLines(Generic[T]):
    """Two lines of waiting requests, in which clients take turns.

    While both lines have requests, the next is of the line that has used less time, such that neither can keep the
    other from its half. A line that was empty has saved up little (`SAVED_SECONDS`). In a line, the clients take
    turns, and a client's own requests stay in their order.
    """

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._clients: dict[Line, dict[str, deque[T]]] = {line: {} for line in Line}
        self._used = dict.fromkeys(Line, 0.0)

    def length(self, line: Line) -> int:
        """Return how many requests wait in a line."""
        return sum(map(len, self._clients[line].values()))

    def add(self, request: T, line: Line, client: str) -> None:
        """Let a request wait."""
        if not self._clients[line]:
            self._used[line] = max(self._used[line], max(self._used.values()) - SAVED_SECONDS)
        self._clients[line].setdefault(client, deque()).append(request)

    def remove(self, request: T, line: Line, client: str) -> None:
        """Forget a request if it still waits."""
        waiting = self._clients[line].get(client, deque())
        if request in waiting:
            waiting.remove(request)
            if not waiting:
                del self._clients[line][client]

    def take(self) -> T | None:
        """Return the request whose turn it is; none if nobody waits."""
        lines = [line for line in Line if self._clients[line]]
        if not lines:
            return None
        clients = self._clients[min(lines, key=self._used.__getitem__)]
        client = next(iter(clients))
        waiting = clients.pop(client)
        request = waiting.popleft()
        if waiting:
            clients[client] = waiting  # behind the other clients
        return request

    def expects_slice(self) -> bool:
        """Return whether it is the turn of a slice that has not come yet, and other requests wait."""
        lacking = self._clients[Line.WHOLE] and not self._clients[Line.SLICED]
        return bool(lacking) and self._used[Line.SLICED] <= self._used[Line.WHOLE]

    def charge(self, line: Line, seconds: float) -> None:
        """Note that a request of a line took some time."""
        self._used[line] += seconds
