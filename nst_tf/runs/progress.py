"""Report how far a run has come."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf.optimizers.loop import LoopState
from nst_tf.runs.snapshot import Snapshot
from nst_tf.scales.plan import Size, Stage


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run has come; given to the callback a few times a second, or after each step that takes longer.

    Attributes:
        step: Steps taken, at all sizes together.
        steps: Steps to take in all.
        share: Share of the work that is done, 0 to 1: steps, weighed by the pixels they paint.
        size: Height and width that are painted at the moment.
        loss: The loss that the last step evaluated, in front of its move.
        terms: The terms it is the weighted sum of.
        seconds: Time since the run began, compilation included; a run that goes on counts on.
        image: Call it for the picture as it is now, `(1, H, W, 3)`.
        snapshot: Call it for all that it takes to go on from here.
    """

    step: int
    steps: int
    share: float
    size: Size
    loss: float
    terms: dict[str, float]
    seconds: float
    image: Callable[[], npt.NDArray[np.float32]]
    snapshot: Callable[[], Snapshot]


Callback = Callable[[Progress], bool | None]
"""Watches a run; returning `True` ends it."""


class ProgressReporter:
    """Reports a run of several stages to a callback.

    Attributes:
        stopped: Whether the callback has ended the run.
    """

    def __init__(self, stages: Sequence[Stage], callback: Callback | None, *, seconds: float = 0.0) -> None:
        """Start the clock, from the seconds that the run has taken already."""
        self.stopped = False
        self._stages, self._callback, self._begun = stages, callback, time.perf_counter() - seconds

    def reporter(self, number: int, picture: Callable[[Any], Any]) -> Callable[[LoopState], bool]:
        """Return the function that `optimize` calls at one stage; it returns whether to stop.

        Args:
            number: Which stage.
            picture: From a state to the picture so far.
        """
        before, stage = self._stages[:number], self._stages[number]

        def report(loop_state: LoopState) -> bool:
            if self._callback is None:
                return False
            values = {name: float(value) for name, value in loop_state.terms._asdict().items()}
            done = sum(each.work for each in before) + stage._replace(steps=loop_state.taken).work
            seconds = time.perf_counter() - self._begun
            progress = Progress(
                step=int(loop_state.state.step),
                steps=sum(each.steps for each in self._stages),
                share=done / sum(each.work for each in self._stages),
                size=stage.size,
                loss=values.pop("loss"),
                terms=values,
                seconds=seconds,
                image=lambda: np.asarray(picture(loop_state.state)),
                snapshot=lambda: Snapshot.capture(loop_state, stage=number, seconds=seconds),
            )
            self.stopped = self._callback(progress) is True
            return self.stopped

        return report
