"""How a run is watched on a terminal."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Watching:
    """How a run is watched.

    Attributes:
        quiet: Whether to print nothing but errors.
        show: Whether to draw the picture in the terminal while it is painted.
        progress_every: Steps between two lines of progress where there is no terminal; None for a line every 10 s.
        piped: The temporary file of a picture that goes to the standard output; None if it goes to a file.
    """

    quiet: bool = False
    show: bool = False
    progress_every: int | None = None
    piped: Path | None = None

    def named(self, text: str) -> str:
        """Return a message in which the temporary file is called the standard output."""
        if self.piped is None:
            return text
        return text.replace(f"--start {self.piped}", "--start FILE").replace(str(self.piped), "the standard output")
