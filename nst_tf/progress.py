"""How far a run has come, and who is told."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf.sizes import Size, Stage


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
        seconds: Time since the run began, compilation included.
        image: Call it for the picture as it is now, `(1, H, W, 3)`.
    """

    step: int
    steps: int
    share: float
    size: Size
    loss: float
    terms: dict[str, float]
    seconds: float
    image: Callable[[], npt.NDArray[np.float32]]


Callback = Callable[[Progress], bool | None]
"""Watches a run; returning `True` ends it."""


class Watch:
    """Tells a callback about a run of several stages.

    Attributes:
        stopped: Whether the callback has ended the run.
    """

    def __init__(self, stages: Sequence[Stage], callback: Callback | None) -> None:
        """Start the clock."""
        self.stopped = False
        self._stages, self._callback, self._begun = stages, callback, time.perf_counter()

    def reporter(self, number: int, picture: Callable[[Any], Any]) -> Callable[[int, Any, Any], bool]:
        """Return what `optimize` is to tell about a stage's steps; it returns whether to stop.

        Args:
            number: Which stage.
            picture: From a state to the picture so far.
        """
        before, stage = self._stages[:number], self._stages[number]

        def report(taken: int, state: Any, terms: Any) -> bool:
            if self._callback is None:
                return False
            values = {name: float(value) for name, value in terms._asdict().items()}
            done = sum(each.work for each in before) + stage._replace(steps=taken).work
            progress = Progress(
                step=int(state.step),
                steps=sum(each.steps for each in self._stages),
                share=done / sum(each.work for each in self._stages),
                size=stage.size,
                loss=values.pop("loss"),
                terms=values,
                seconds=time.perf_counter() - self._begun,
                image=lambda: np.asarray(picture(state)),
            )
            self.stopped = self._callback(progress) is True
            return self.stopped

        return report
