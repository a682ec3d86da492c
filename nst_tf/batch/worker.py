"""Paint one picture of a batch: skip it, continue it, or begin it; whatever happens, return its record."""

import contextlib
import dataclasses
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nst_tf.batch.record import Record, Status, failure, record_of
from nst_tf.batch.staging import staged
from nst_tf.errors import DivergedError, sentence
from nst_tf.jobs.errors import JobError
from nst_tf.jobs.events import Event, OnEvent, Trouble, ignore, never
from nst_tf.jobs.job import Job, Label
from nst_tf.jobs.paint import JobResult, State, paint, resume

if TYPE_CHECKING:
    from nst_tf.batch.standing import Found
    from nst_tf.runs.metadata import Metadata


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt to paint a picture.

    Attributes:
        record: How it ended.
        retry: Whether another attempt may end otherwise; not if the picture or a setting is wrong.
    """

    record: Record
    retry: bool = False


def attempt(
    job: Job,
    *,
    on_event: OnEvent = ignore,
    should_stop: Callable[[], bool] = never,
    label: Label = str,
    explain: Callable[[Exception], str] = sentence,
) -> Attempt:
    """Paint one picture unless it is done, from its last checkpoint if there is one.

    Args:
        job: What to paint; its files may be URLs, and its relative paths refer to its home.
        on_event: Receives the events of the job.
        should_stop: As `nst_tf.jobs.paint.paint` takes it.
        label: As `nst_tf.jobs.paint.paint` takes it.
        explain: Says in a sentence or two which error ended it.
    """
    begun, troubles = time.perf_counter(), _Troubles(on_event)
    try:
        with troubles.collected(), staged(job.from_here(), on_event=troubles) as (local, on_staged):
            record = _record(job, local, on_event=on_staged, should_stop=should_stop, label=label)
        retry = False
    except Exception as error:  # one picture never ends a batch
        record, retry = failure(job, explain(error)), _may_pass(error)
    seconds = time.perf_counter() - begun
    record = dataclasses.replace(record, seconds=seconds, attempts=1, warnings=tuple(troubles.messages))
    return Attempt(record=record, retry=retry)


def _record(job: Job, local: Job, **options: Any) -> Record:
    """Paint a job whose paths are local, and describe the result."""
    from nst_tf.batch.standing import Standing, find, remove_run

    with _folder_for(local):
        found = find(local)
        if found.standing is Standing.DONE:
            remove_run(local)
            return record_of(job, Status.SKIPPED, **_numbers(found.notes))
        result = _result(local, found, **options)
    resumed = found.step if found.standing is Standing.BEGUN else None
    status = Status.INTERRUPTED if result.state is State.INTERRUPTED else Status.PAINTED
    return record_of(job, status, resumed_at=resumed, **_numbers(_notes(result)))


def _result(job: Job, found: "Found", **options: Any) -> JobResult:
    from nst_tf.batch.standing import Standing, remove_run

    job = dataclasses.replace(job, overwrite=found.replaces)
    if found.standing is Standing.BEGUN and job.checkpoint:
        return resume(job.checkpoint, job=job, **options)
    remove_run(job)
    return paint(job, **options)


def _notes(result: JobResult) -> "Metadata":
    from nst_tf.runs.metadata import read_metadata

    return read_metadata(result.path)


def _numbers(notes: "Metadata | None") -> dict[str, Any]:
    """Return the numbers of a painting that its record shows."""
    ending = notes.ending if notes else None
    if ending is None:
        return {}
    names = ("width", "height", "steps", "loss")
    return {name: getattr(ending, name) for name in names} | {"terms": dict(ending.terms)}


def _may_pass(error: Exception) -> bool:
    """Tell whether an error may be of the moment: not one of values, nor a loss that diverges every time."""
    return not isinstance(error, (ValueError, IsADirectoryError, FileExistsError)) and not (
        isinstance(error, (DivergedError, JobError)) and isinstance(error.__cause__ or error, DivergedError)
    )


@contextmanager
def _folder_for(job: Job) -> Iterator[None]:
    """Make the folder of a job's output; if nothing was written, remove what was made."""
    made = [each for each in (job.output.parent, *job.output.parent.parents) if not each.exists()]
    job.output.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # something lies in it, or another worker has removed it
            for folder in made:
                folder.rmdir()


class _Troubles:
    """Collects a job's troubles and warnings while passing its events on."""

    def __init__(self, on_event: OnEvent) -> None:
        """Collect nothing yet."""
        self.messages: list[str] = []
        self._on_event = on_event

    def __call__(self, event: Event) -> None:
        """Collect a trouble; pass any other event on."""
        if isinstance(event, Trouble):
            self.messages.append(event.message)
        else:
            self._on_event(event)

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Collect Python's warnings, such as those about a picture's metadata."""
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always", UserWarning)
            try:
                yield
            finally:
                messages = [str(each.message) for each in found if issubclass(each.category, UserWarning)]
                self.messages += dict.fromkeys(messages)
