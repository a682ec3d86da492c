"""What a batch would do with each picture, and how long that takes, without painting any. Needs TensorFlow."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from nst_tf.batch import remote
from nst_tf.batch.collisions import collisions
from nst_tf.batch.estimate import Pace, plan_of
from nst_tf.batch.joblist import JobList
from nst_tf.batch.paths import shown
from nst_tf.batch.staging import staged
from nst_tf.batch.standing import Found, Standing, find
from nst_tf.errors import sentence
from nst_tf.jobs.events import ignore
from nst_tf.jobs.job import Job
from nst_tf.jobs.paint import load_inputs
from nst_tf.saved_styles import plan_run
from nst_tf.scales.plan import Stage


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would be done with a picture.

    Attributes:
        job: The job.
        found: Where it stands; None if it can't be painted.
        plan: Its sizes and steps; empty if it is not painted.
        error: Why it can't be painted.
    """

    job: Job
    found: Found | None = None
    plan: tuple[Stage, ...] = ()
    error: str | None = None

    @property
    def work(self) -> float:
        """Pixels to paint, each as often as there are steps that are still to be taken."""
        left, work = sum(stage.steps for stage in self.plan) - (self.found.step if self.found else 0), 0
        for stage in reversed(self.plan):
            steps = min(left, stage.steps)
            work, left = work + stage._replace(steps=max(0, steps)).work, left - steps
        return work


def preview(batch: JobList) -> Iterator[Preview]:
    """Yield what would be done with each picture, in the jobs' order."""
    refused = batch.refused | collisions(batch.jobs)
    for index, job in enumerate(batch.jobs):
        if index in refused:
            yield Preview(job=job, error=refused[index])
            continue
        try:
            found = _found(job.from_here())
            plan = [] if found.standing is Standing.DONE else plan_of(job) or _checked_plan(job)
            yield Preview(job=job, found=found, plan=tuple(plan))
        except Exception as error:  # decoders and stores raise all kinds of errors
            yield Preview(job=job, error=sentence(error))


def seconds_of(previews: Iterator[Preview] | list[Preview], pace: Pace) -> float:
    """Return how long it takes to paint pictures here, one after the other."""
    work = [each for each in previews if each.plan]
    loops = {each.job.config.compiled() for each in work}
    return len(loops) * pace.startup + sum(each.work for each in work) * pace.per_work


def _found(job: Job) -> Found:
    """Find out where a picture stands; only one that may be done is fetched from a URL."""
    if remote.is_remote(job.output) and not remote.exists(shown(job.output)):
        begun = job.checkpoint and remote.files_in(shown(job.checkpoint))
        return Found(standing=Standing.BEGUN if begun else Standing.NEW)
    with contextlib.ExitStack() as stack:
        local, _ = stack.enter_context(staged(job, on_event=ignore))
        return find(local)


def _checked_plan(job: Job) -> list[Stage]:
    """Read the pictures whose headers tell nothing, to say what is wrong."""
    return plan_run(*load_inputs(job), job.config)
