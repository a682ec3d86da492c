"""What became of a picture of a batch: a row of its report."""

import dataclasses
import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from nst_tf.batch.paths import paths_in, shown
from nst_tf.errors import sentence
from nst_tf.jobs.job import Job


class Status(str, enum.Enum):
    """How a picture ended."""

    PAINTED = "painted"
    SKIPPED = "skipped"
    """It had been painted before, from the same pictures with the same settings."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The batch was stopped while it was painted; the same batch continues it."""
    PENDING = "pending"
    """The batch was stopped before."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A row of the report.

    Attributes:
        content: The photograph, a path or a URL.
        style: The style picture; several as a tuple.
        output: The result.
        status: How it ended.
        seconds: Time that it took here, all attempts together.
        attempts: How often it was begun.
        resumed_at: Steps that an earlier attempt or batch had taken; None if it was painted from the start.
        width: Width of the painting, in pixels; None, as all that follows, if there is none.
        height: Height of the painting, in pixels.
        steps: Steps taken, at all sizes together.
        loss: The painting's loss.
        terms: The terms whose weighted sum is the loss.
        error: Why it failed, in one or two sentences.
        warnings: What went wrong without ending it.
    """

    content: str
    style: str | tuple[str, ...]
    output: str
    status: Status
    seconds: float = 0.0
    attempts: int = 0
    resumed_at: int | None = None
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    loss: float | None = None
    terms: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    warnings: tuple[str, ...] = ()

    def as_json(self) -> str:
        """Serialize to JSON, on one line."""
        return json.dumps(dataclasses.asdict(self))


def record_of(job: Job, status: Status, **values: object) -> Record:
    """Return the record of a job; the values are further fields."""
    styles = tuple(map(shown, paths_in(job.style)))
    named = {"content": shown(job.content), "style": styles[0] if len(styles) == 1 else styles}
    return Record(**named, output=shown(job.output), status=status, **values)  # type: ignore[arg-type]


def failure(job: Job, error: Exception | str, **values: object) -> Record:
    """Return the record of a job that failed."""
    text = error if isinstance(error, str) else sentence(error)
    return record_of(job, Status.FAILED, error=text, **values)
