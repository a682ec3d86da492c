"""Total progress of many paintings."""

import dataclasses
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nst_tf.runs.time_left import TimeLeft
from nst_tf.scales.plan import Stage

if TYPE_CHECKING:
    from nst_tf.runs.progress import Progress


class TotalProgress:
    """Combine the progress of many paintings into one.

    Attributes:
        count: Pictures to paint.
        finished: Pictures that are painted.
        work: Pixels to paint, each as often as there are steps.
        done: Those that are painted.
    """

    def __init__(self, plans: Iterable[Sequence[Stage]]) -> None:
        """Start the clock for paintings of these sizes and steps."""
        plans = list(plans)
        self.count, self.finished = len(plans), 0
        self.work, self.done = sum(map(_work, plans)), 0
        self._steps, self._taken = sum(map(_steps, plans)), 0
        self._begun, self._time_left = time.perf_counter(), TimeLeft()

    def progress(self, plan: Sequence[Stage], now: "Progress") -> "Progress":
        """Return the total progress while one of them is being painted."""
        share = (self.done + now.share * _work(plan)) / self.work
        seconds = time.perf_counter() - self._begun
        return dataclasses.replace(
            now,
            step=self._taken + now.step,
            steps=self._steps,
            share=share,
            seconds=seconds,
            seconds_left=self._time_left.estimate(now.size, seconds, share),
        )

    def finish(self, plan: Sequence[Stage]) -> None:
        """Count one as painted."""
        self.finished += 1
        self.done += _work(plan)
        self._taken += _steps(plan)


def _work(plan: Sequence[Stage]) -> int:
    return sum(stage.work for stage in plan)


def _steps(plan: Sequence[Stage]) -> int:
    return sum(stage.steps for stage in plan)
