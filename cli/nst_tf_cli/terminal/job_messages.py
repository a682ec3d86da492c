"""Sentences about a job's end, and how to go on."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from nst_tf.config import LARGEST_SIZE

if TYPE_CHECKING:
    from nst_tf.jobs.errors import JobError


def explain(error: "JobError") -> str:
    """Explain why a job failed, where its picture is, and how to recover."""
    from nst_tf.jobs.errors import NotPublishedError

    more = f" {advice(error.folder)}" if error.folder else ""
    if isinstance(error, NotPublishedError):
        mended = " Once that is fixed:" if error.finished else ""
        where = f" The painting is in {error.picture}." if error.picture else ""
        return f"{error.reason}{where}{mended}{more}"
    way = f"{error.picture} holds the last good picture; --start {error.picture} continues from it."
    return f"{error.reason} {way}{more}"


def advice(folder: Path) -> str:
    """Return the advice to resume a run."""
    return f"nst-tf resume {quoted(folder)} continues it."


def quoted(folder: Path) -> str:
    """Quote a folder for a shell."""
    return shlex.quote(str(folder))


def way_out(folder: Path) -> str:
    """Explain what to do about a folder that holds another run."""
    resume = advice(folder).removesuffix(".")
    return f"{folder} already holds a run. {resume}; to start over, name another folder or delete this one."


def finished(size: tuple[int, int], seconds: float, *, resizable: bool) -> str:
    """Say how large a painting is, how long it took, and how to paint it larger.

    Args:
        size: Height and width in pixels.
        seconds: How long it took.
        resizable: Whether the command has the option `--size`.
    """
    height, width = size
    double = min(2 * max(size), LARGEST_SIZE)
    larger = f"; --size {double} paints it larger" if resizable and double > max(size) else ""
    took = f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f"Painted {width}x{height} px in {took}{larger}."
