"""Errors that a caller may want to handle by name, and how any error reads in one line."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LONGEST_MESSAGE = 500
"""Letters of an error's message that are shown."""

LONGEST_REASON = 300
"""Characters of a decoder's error that are shown; some quote half of the file."""


class MissingWeightsError(OSError):
    """Weights that should be there are not to be had, or are damaged; the message says why and what to do."""


class DivergedError(FloatingPointError):
    """The loss is not a number any more.

    Attributes:
        image: The last picture at which it was one, `(1, H, W, 3)`; None if there is none, as the very first
            or that from which a run was resumed has none.
    """

    def __init__(self, message: str, image: "npt.NDArray[np.float32] | None") -> None:
        """Keep the picture."""
        super().__init__(message)
        self.image = image


def error_reason(error: Exception) -> str:
    """Return an error's message as one line of limited length, or its type if it has no message."""
    return " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__


def describe(error: BaseException) -> str:
    """Return an error's message in one line: the system's own errors with their file, unknown ones with their class."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {_file_name(error.filename)}" if error.filename else error.strerror
    message = " ".join(str(error).split())[:LONGEST_MESSAGE]
    known = isinstance(error, (ValueError, OSError, FloatingPointError, RuntimeError))
    return message if known and message else f"{type(error).__name__}: {message}"


def sentence(error: BaseException) -> str:
    """Return what `describe` does, with one full stop."""
    return f"{describe(error).rstrip('.')}."


def _file_name(file: "str | bytes | int") -> str:
    return os.fsdecode(file) if isinstance(file, bytes) else str(file)
