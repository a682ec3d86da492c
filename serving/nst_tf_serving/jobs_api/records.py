"""What is known of a job: the record that is kept in its folder, and shown to clients."""

import dataclasses
import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from nst_tf.batch.record import Record

CURVE_POINTS = 400
"""Points of a loss curve that are kept; of a longer one, every second is dropped."""


class State(str, enum.Enum):
    """Where a job stands."""

    WAITING = "waiting"
    PAINTING = "painting"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELED = "canceled"


ENDED = (State.FINISHED, State.FAILED, State.CANCELED)
"""States that a job does not leave by itself."""

Curve = tuple[tuple[int, float], ...]
"""Pairs of a step and its loss."""


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """A job as it stands.

    Attributes:
        id: Its name, 16 hexadecimal digits.
        created: When it was submitted, in seconds since 1970.
        address: Network address of its client.
        client: Name that its client gave itself; several clients may share an address.
        content: The photograph's file name at the client.
        styles: The paintings' file names there.
        preset: Settings that go together.
        settings: Settings that the client chose.
        preview: Whether it is a small painting that predicts a large one.
        state: Where it stands.
        losses: How often in a row its process or server was lost before it got further than the time before.
        lost_step: The step at which that was, the furthest.
        ended: When it ended, in seconds since 1970; None before.
        step: Steps taken, at all sizes together.
        steps: Planned steps; 0 as long as they are not known.
        share: Share of the work that is done, 0 to 1.
        width: Width that is being painted, in pixels; 0 before.
        height: Height that is being painted, in pixels; 0 before.
        loss: The loss of the last step, in the end that of the painting; None before.
        seconds: Time that painting has taken.
        seconds_left: Estimate of the time that the rest takes; None if there is none.
        curve: The loss by step.
        preview_step: The step that the preview shows; None if there is no preview.
        error: Why it failed.
        warnings: What went wrong without ending it.
    """

    id: str
    created: float
    address: str
    content: str
    styles: tuple[str, ...]
    client: str = ""
    preset: str = "balanced"
    settings: Mapping[str, Any] = field(default_factory=dict)
    preview: bool = False
    state: State = State.WAITING
    losses: int = 0
    lost_step: int = 0
    ended: float | None = None
    step: int = 0
    steps: int = 0
    share: float = 0.0
    width: int = 0
    height: int = 0
    loss: float | None = None
    seconds: float = 0.0
    seconds_left: float | None = None
    curve: Curve = ()
    preview_step: int | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()

    def changed(self, changes: Mapping[str, Any]) -> "JobRecord":
        """Return the record with other values; a new loss is added to the curve."""
        after = dataclasses.replace(self, **changes)
        if after.loss is None or after.state is not State.PAINTING or after.step == self.step:
            return after
        before = tuple(point for point in self.curve if point[0] < after.step)  # a resumed run repeats steps
        return dataclasses.replace(after, curve=_thinned((*before, (after.step, after.loss))))

    def painted(self, painted: Record) -> "JobRecord":
        """Return the record with the numbers and warnings of a painting."""
        shown = {"width": painted.width, "height": painted.height, "loss": painted.loss, "step": painted.steps}
        numbers = {name: value for name, value in shown.items() if value is not None}
        return self.changed({"warnings": painted.warnings, "state": State.FINISHED, **numbers})

    def lost(self) -> "JobRecord":
        """Return the record after its process or server was lost; losses count while it gets no further."""
        losses = 1 if self.step > self.lost_step else self.losses + 1
        return self.changed({"losses": losses, "lost_step": max(self.step, self.lost_step), "state": State.WAITING})

    def retried(self) -> "JobRecord":
        """Return the record as of a job that waits again after it had failed."""
        waiting = {"state": State.WAITING, "ended": None, "error": None, "losses": 0, "lost_step": 0}
        return self.changed({**waiting, "warnings": ()})

    def as_json(self) -> str:
        """Serialize for the job's folder."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> "JobRecord":
        """Read what `as_json` wrote.

        Raises:
            ValueError: If it is not the record of a job.
        """
        try:
            values = json.loads(text)
            tuples = {name: tuple(values[name]) for name in ("styles", "warnings")}
            curve = tuple((int(step), float(loss)) for step, loss in values["curve"])
            record = cls(**{**values, **tuples, "curve": curve, "state": State(values["state"])})
            _check_types(record)
            return record
        except (TypeError, KeyError, ValueError, RecursionError) as error:
            raise ValueError(f"it is not the record of a job: {error}") from None


def _check_types(record: JobRecord) -> None:
    for name, hint in get_type_hints(JobRecord).items():
        kinds = [get_origin(each) or each for each in (get_args(hint) if isinstance(hint, UnionType) else [hint])]
        if not isinstance(getattr(record, name), (*kinds, *([int] if float in kinds else []))):
            raise TypeError(f"{name} is a {type(getattr(record, name)).__name__}")


def _thinned(curve: Curve) -> Curve:
    return curve if len(curve) <= CURVE_POINTS else (*curve[:-1:2], curve[-1])
