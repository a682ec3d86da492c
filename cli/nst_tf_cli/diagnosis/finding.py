"""One thing that `nst-tf doctor` has looked at."""

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nst_tf.errors import describe


class Level(enum.Enum):
    """How a finding bears on painting."""

    OK = "ok"
    NOTE = "note"
    """Painting works, but something is missing that one may want."""
    PROBLEM = "problem"
    """Painting can't work."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found.

    Attributes:
        section: The heading it belongs to.
        name: What was looked at.
        value: What is there.
        level: How it bears on painting.
        advice: What to do about it; empty if there is nothing to do.
    """

    section: str
    name: str
    value: str
    level: Level = Level.OK
    advice: str = ""


def guarded(section: str, find: Callable[[], Iterable[Finding]], *, level: Level = Level.PROBLEM) -> Iterator[Finding]:
    """Yield what is found; an error in between is a finding, too.

    Args:
        section: The heading of the error.
        find: Looks, and may fail in any way.
        level: Level of the error.
    """
    try:
        yield from find()
    except Exception as error:  # a broken installation raises all kinds of errors
        yield Finding(section=section, name="error", value=describe(error), level=level)
