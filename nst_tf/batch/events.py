"""Events of a batch: small records for one callback, which may show, log or send them."""

from collections.abc import Callable
from dataclasses import dataclass

from nst_tf.batch.record import Record
from nst_tf.jobs.job import Job


@dataclass(frozen=True, kw_only=True)
class PictureStarted:
    """A picture is being painted.

    Attributes:
        index: Its place among the jobs.
        job: The job.
    """

    index: int
    job: Job


@dataclass(frozen=True, kw_only=True)
class PictureProgress:
    """A picture has come further.

    Attributes:
        index: Its place among the jobs.
        step: Steps taken, at all sizes together.
        steps: Planned steps, at all sizes together.
        share: Share of its work that is done, 0 to 1.
        loss: The loss evaluated in the last step.
    """

    index: int
    step: int
    steps: int
    share: float
    loss: float


@dataclass(frozen=True, kw_only=True)
class PictureEnded:
    """A picture has ended, in whatever way; there is one such event for each job, unless the batch is stopped.

    Attributes:
        index: Its place among the jobs.
        record: How it ended.
    """

    index: int
    record: Record


@dataclass(frozen=True, kw_only=True)
class BatchTrouble:
    """Something went wrong that ends neither a picture nor the batch, such as a lost machine.

    Attributes:
        message: One or two sentences.
    """

    message: str


BatchEvent = PictureStarted | PictureProgress | PictureEnded | BatchTrouble

OnBatchEvent = Callable[[BatchEvent], None]
"""Receives the events of a batch, in the thread that called `paint_all`."""


def ignore(event: BatchEvent) -> None:
    """Receive an event and do nothing."""
