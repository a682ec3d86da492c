"""Report the progress of a run."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf.optimizers.loop import LoopState
from nst_tf.runs.snapshot import Snapshot
from nst_tf.runs.time_left import TimeLeft
from nst_tf.scales.plan import Size, Stage


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Progress of a run, passed to the callback a few times a second, or after each step if steps take longer.

    Attributes:
        step: Steps taken, at all sizes together.
        steps: Planned steps, at all sizes together.
        share: Share of the work that is done, 0 to 1; a step counts by its pixels, more in blocks.
        size: Height and width that are being painted.
        loss: The loss evaluated in the last step, before the image changed.
        terms: The terms whose weighted sum is the loss.
        seconds: Time since the run began, including compilation and the time before a snapshot.
        seconds_left: Estimate of the time that the rest takes, by the last steps; None after the first step.
        image: Returns the current image, `(1, H, W, 3)`.
        snapshot: Returns a snapshot, from which the run can be continued.
    """

    step: int
    steps: int
    share: float
    size: Size
    loss: float
    terms: dict[str, float]
    seconds: float
    seconds_left: float | None
    image: Callable[[], npt.NDArray[np.float32]]
    snapshot: Callable[[], Snapshot]


Callback = Callable[[Progress], bool | None]
"""Called with the progress of a run; returning `True` ends the run."""


class ProgressReporter:
    """Reports a run of several stages to a callback.

    Attributes:
        stopped: Whether the callback has ended the run.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        callback: Callback | None,
        *,
        seconds: float = 0.0,
        costs: Sequence[float] | None = None,
    ) -> None:
        """Start the clock.

        Args:
            stages: The sizes to paint.
            callback: Receives the progress.
            seconds: Time that the run has already taken.
            costs: Time of a step per pixel at each size, relative to each other; all the same if None.
        """
        self.stopped = False
        self._stages, self._callback, self._begun = stages, callback, time.perf_counter() - seconds
        self._costs, self._time_left = costs or [1.0] * len(stages), TimeLeft()

    def reporter(self, number: int, picture: Callable[[Any], Any]) -> Callable[[LoopState], bool]:
        """Return the function that `optimize` calls at one stage; it returns whether to stop.

        Args:
            number: Index of the stage.
            picture: From a state to the result so far.
        """
        stage, costs = self._stages[number], self._costs
        works = [each.work * cost for each, cost in zip(self._stages, costs, strict=True)]

        def report(loop_state: LoopState) -> bool:
            """Pass the progress to the callback, and return whether to stop."""
            if self._callback is None:
                return False
            values = {name: float(value) for name, value in loop_state.terms._asdict().items()}
            done = sum(works[:number]) + stage._replace(steps=loop_state.taken).work * costs[number]
            share, seconds = done / sum(works), time.perf_counter() - self._begun
            progress = Progress(
                step=int(loop_state.state.step),
                steps=sum(each.steps for each in self._stages),
                share=share,
                size=stage.size,
                loss=values.pop("loss"),
                terms=values,
                seconds=seconds,
                seconds_left=self._time_left.estimate(stage.size, seconds, share),
                image=lambda: np.asarray(picture(loop_state.state)),
                snapshot=lambda: Snapshot.capture(loop_state, stage=number, seconds=seconds),
            )
            self.stopped = self._callback(progress) is True
            return self.stopped

        return report
