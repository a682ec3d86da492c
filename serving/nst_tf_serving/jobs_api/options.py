"""Options of a server of jobs. Imports nothing slow."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nst_tf.config import StyleConfig

KEEP_DAYS = 7.0
"""Days after which a result is removed."""

QUEUE = 16
"""Jobs that may wait, of all clients together; one client may have half of them."""

LARGEST_BODY_MIB = 200.0
"""Largest request: a photograph and its paintings as they come from a camera."""

PREVIEW_SIZE = 256
"""Longer side of a painting that is only a preview, px."""


def default_folder() -> Path:
    """Return the user's own folder for jobs, whether it exists or not."""
    import platformdirs

    return platformdirs.user_data_path("nst-tf", appauthor=False) / "jobs"


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """Options of a server of jobs.

    Attributes:
        folder: Where jobs are kept, a folder for each.
        keep: Days after which an ended job is removed.
        queue: Jobs that may wait.
        largest_body: Bytes of a request.
        largest_picture: Pixels of an input picture.
        largest_size: Longer side of a painting, px.
        most_steps: Steps at any size of a painting.
        most_styles: Styles of a painting.
        patience: Seconds between two parts of a request, and for a canceled step to end; a request that is sent more
            slowly is refused, a process that is slower is ended.
        upload_seconds: Seconds that a whole request may take to arrive.
        command: Writes the command that paints the same, from the pictures' names and the settings.
    """

    folder: Path = field(default_factory=default_folder)
    keep: float = KEEP_DAYS
    queue: int = QUEUE
    largest_body: int = int(LARGEST_BODY_MIB * 2**20)
    largest_picture: int = 120_000_000
    largest_size: int = 4096
    most_steps: int = 2000
    most_styles: int = 8
    patience: float = 30.0
    upload_seconds: float = 600.0
    command: "Callable[[Sequence[Path], StyleConfig], str] | None" = None

    def __post_init__(self) -> None:
        """Refuse options that a server can't run with."""
        if not (self.queue >= 1 and 0 < self.keep < math.inf and self.largest_body >= 1):
            raise ValueError(f"Jobs need a queue of 1 or more, some time to be kept, and a body; got {self}.")
