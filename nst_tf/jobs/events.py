"""Events of a job: records for one callback, which may show, log or send them."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from nst_tf.errors import sentence
from nst_tf.jobs.job import Job

if TYPE_CHECKING:
    from nst_tf.runs.progress import Progress
    from nst_tf.runs.provenance import Provenance
    from nst_tf.scales.plan import Size, Stage


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """A run is resumed from a checkpoint.

    Attributes:
        step: Steps taken before.
    """

    step: int


@dataclass(frozen=True, kw_only=True)
class Started:
    """Everything has been checked and loaded; painting begins.

    Attributes:
        job: What is painted.
        provenance: What the painting depends on, with `auto` settings resolved.
        content_size: Height and width of the content.
        plan: The sizes to paint and their steps.
        memory: Estimate of the memory that the run takes, in bytes.
    """

    job: Job
    provenance: "Provenance"
    content_size: "Size"
    plan: "Sequence[Stage]"
    memory: float


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something went wrong that does not end the run.

    Attributes:
        message: One or two sentences.
        harmless: Whether all outputs are complete nevertheless.
    """

    message: str
    harmless: bool = False


@dataclass(frozen=True, kw_only=True)
class Saving:
    """No step follows; the picture is being saved, and nothing should interrupt that."""


Event = Union[Resumed, Started, "Progress", Trouble, Saving]
"""In the order in which they come: `Progress` after steps, and `Trouble` at any time."""

OnEvent = Callable[[Event], None]
"""Receives a job's events, in the thread that paints."""


def tolerating_failures(on_event: OnEvent) -> OnEvent:
    """Return a callback whose failures never cost the picture.

    A failure at a `Progress` ends the run, whose picture is then saved; any other is logged, and the run goes on.
    """

    def deliver(event: Event) -> None:
        """Call the callback."""
        try:
            on_event(event)
        except Exception as error:
            if not isinstance(event, (Trouble, Saving)):
                raise
            name = type(event).__name__
            logging.getLogger(__name__).warning("The callback of the job failed at %s: %s", name, sentence(error))

    return deliver


def ignore(event: Event) -> None:
    """Receive an event and do nothing."""


def never() -> bool:
    """Return False, so that the run is never stopped."""
    return False
