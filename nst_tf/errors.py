"""The library's own exceptions, and the text of others."""

import numpy as np
import numpy.typing as npt

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

    def __init__(self, message: str, image: npt.NDArray[np.float32] | None) -> None:
        """Keep the picture."""
        super().__init__(message)
        self.image = image


def error_reason(error: Exception) -> str:
    """Return an error's message as one line of limited length, or its type if it has no message."""
    return " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
