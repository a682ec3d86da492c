"""Exceptions that a caller may want to catch, and one-line descriptions of any error."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LONGEST_MESSAGE = 500
"""Characters of an error's message that are shown."""

LONGEST_REASON = 300
"""Characters of a decoder's error that are shown; some quote half of the file."""


class MissingWeightsError(OSError):
    """The requested weights are not available or damaged; the message says why and what to do."""


class DivergedError(FloatingPointError):
    """The loss is no longer finite.

    Attributes:
        image: The last picture with a finite loss, `(1, H, W, 3)`; None if the loss was never finite, or not since
            the run was resumed.
    """

    def __init__(self, message: str, image: "npt.NDArray[np.float32] | None") -> None:
        """Store the picture."""
        super().__init__(message)
        self.image = image


def error_reason(error: Exception) -> str:
    """Return an error's message as one line of limited length, or its type if it has no message."""
    return " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__


def describe(error: BaseException) -> str:
    """Return an error's message in one line: with the file for system errors, with the class for unexpected ones."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {_file_name(error.filename)}" if error.filename else error.strerror
    message = " ".join(str(error).split())[:LONGEST_MESSAGE]
    known = isinstance(error, (ValueError, OSError, FloatingPointError, RuntimeError))
    return message if known and message else f"{type(error).__name__}: {message}"


def sentence(error: BaseException) -> str:
    """Return the result of `describe`, ending in a single full stop."""
    return f"{describe(error).rstrip('.')}."


def _file_name(file: "str | bytes | int") -> str:
    return os.fsdecode(file) if isinstance(file, bytes) else str(file)
