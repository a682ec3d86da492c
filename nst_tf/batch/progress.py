"""How far a whole batch has come, and how long the rest takes."""

import time
from collections import Counter
from collections.abc import Sequence

from nst_tf.batch.events import BatchEvent, PictureEnded, PictureProgress, PictureStarted
from nst_tf.batch.record import Status


class BatchProgress:
    """Adds up the events of a batch.

    Attributes:
        count: Pictures in the batch.
        statuses: How many have ended in each way.
    """

    def __init__(self, work: Sequence[int]) -> None:
        """Begin.

        Args:
            work: Pixels to paint of each picture, each as often as there are steps.
        """
        self.count, self.statuses = len(work), Counter[Status]()
        self._work = list(work)
        self._shares: dict[int, float] = {}
        self._left, self._painted = sum(work), 0.0
        self._begun: float | None = None

    def __call__(self, event: BatchEvent) -> None:
        """Count an event."""
        if isinstance(event, PictureStarted):
            self._begun = self._begun or time.monotonic()
        elif isinstance(event, PictureProgress):
            self._shares[event.index] = event.share
        elif isinstance(event, PictureEnded):
            self._shares.pop(event.index, None)
            self.statuses[event.record.status] += 1
            self._left -= self._work[event.index]
            if event.record.status is Status.PAINTED:
                self._painted += self._work[event.index]

    @property
    def ended(self) -> int:
        """Pictures that have ended."""
        return sum(self.statuses.values())

    @property
    def share(self) -> float:
        """Share of the work that is done, 0 to 1; what is skipped or fails counts as no work."""
        done = self._painted + self._current
        return done / (self._painted + self._left) if self._painted + self._left else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end, at the speed so far; None if nothing has been painted yet."""
        done = self._painted + self._current
        if self._begun is None or not done:
            return None
        return (time.monotonic() - self._begun) * (self._left - self._current) / done

    @property
    def _current(self) -> float:
        """Work that is done on the pictures that are being painted."""
        return sum(share * self._work[index] for index, share in self._shares.items())
