"""Paint many pictures in this process, one after the other, with one compiled loop.

import nst_tf

jobs = [Job(content=photo, style=Path("painting.jpg"), output=Path("out", photo.name)) for photo in photos]
records = nst_tf.paint_all(jobs, on_event=print)
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from nst_tf.batch.cluster import Cluster
from nst_tf.batch.collisions import check_distinct, collisions
from nst_tf.batch.estimate import work_of
from nst_tf.batch.events import OnBatchEvent, PictureProgress, PictureStarted, ignore
from nst_tf.batch.joblist import JobList
from nst_tf.batch.record import Record
from nst_tf.batch.schedule import Schedule
from nst_tf.batch.worker import attempt
from nst_tf.jobs.events import Event, Started, never
from nst_tf.jobs.job import Job

if TYPE_CHECKING:
    from nst_tf.runs.progress import Progress


def paint_all(
    jobs: Iterable[Job] | JobList,
    *,
    on_event: OnBatchEvent = ignore,
    should_stop: Callable[[], bool] = never,
    retries: int = 0,
    fail_fast: bool = False,
    cluster: Cluster | None = None,
) -> list[Record]:
    """Paint many pictures; a picture that fails costs a record, not the others.

    A picture is skipped if its own metadata says that it was painted from the same files with the same settings. One of
    which there is a checkpoint is continued, to the same bytes as if it had not been interrupted. So the same call
    carries on after anything. The paths of a job may be URLs (`s3://bucket/photo.jpg`), if fsspec is installed.

    Args:
        jobs: What to paint, or the result of `make_jobs`. To carry on in mid-picture, each job needs a folder of its
            own for its checkpoints.
        on_event: Receives the events of the batch.
        should_stop: Asked a few times a second; returning `True` saves what is being painted, and ends the batch.
        retries: How often a picture is painted again that failed for a reason that may pass, after all others.
        fail_fast: Whether the first failure ends the batch.
        cluster: Paint on a Ray cluster; if None, in this process.

    Returns:
        A record for each job, in their order.

    Raises:
        ValueError: If two jobs have the same output, or Ray is missing.
        ConnectionError: If the cluster can't be reached.
    """
    jobs, known = (jobs.jobs, jobs.refused) if isinstance(jobs, JobList) else (list(jobs), {})
    check_distinct(jobs)
    refused = known | collisions(jobs)
    wanted = [index for index in range(len(jobs)) if index not in refused]
    order = by_settings(jobs, wanted) if cluster is None else longest_first(jobs, wanted)
    schedule = Schedule(jobs, order, retries=retries, fail_fast=fail_fast, on_event=on_event)
    schedule.refuse(refused)
    if cluster is None:
        _paint_here(schedule, on_event=on_event, should_stop=should_stop)
    else:
        from nst_tf.batch.ray_engine import paint_on_cluster

        paint_on_cluster(schedule, cluster, on_event=on_event, should_stop=should_stop)
    return schedule.records()


def by_settings(jobs: Sequence[Job], indices: Iterable[int]) -> list[int]:
    """Put jobs together that share a compiled loop, so that each is compiled once; otherwise keep their order."""
    first: dict[object, int] = {}
    keys = {index: (jobs[index].config.compiled(), jobs[index].config.weights) for index in indices}
    for index, key in keys.items():
        first.setdefault(key, index)
    return sorted(keys, key=lambda index: first[keys[index]])


def longest_first(jobs: Sequence[Job], indices: Iterable[int]) -> list[int]:
    """Put the jobs with the most work first, so that none is left alone at the end."""
    work = {index: work_of(jobs[index]) for index in indices}
    return sorted(work, key=lambda index: -work[index])


def _paint_here(schedule: Schedule, *, on_event: OnBatchEvent, should_stop: Callable[[], bool]) -> None:
    while not should_stop() and (index := schedule.take()) is not None:
        schedule.end(index, attempt(schedule.jobs[index], on_event=_forward(index, on_event), should_stop=should_stop))


def _forward(index: int, on_event: OnBatchEvent) -> Callable[[Event], None]:
    """Return a callback that turns the events of a job into those of the batch."""
    from nst_tf.runs.progress import Progress

    def forward(event: Event) -> None:
        """Pass on what a batch shows."""
        if isinstance(event, Started):
            on_event(PictureStarted(index=index, job=event.job))
        elif isinstance(event, Progress):
            on_event(progress_of(index, event))

    return forward


def progress_of(index: int, now: "Progress") -> PictureProgress:
    """Return the event of a batch for the progress of a job."""
    return PictureProgress(index=index, step=now.step, steps=now.steps, share=now.share, loss=now.loss)
