"""What stdout and stderr can display."""

import io
import os
import sys


def is_plain() -> bool:
    """Tell whether neither colors nor a bar that redraws itself are wanted.

    `NO_COLOR` asks for that (no-color.org); a terminal that is dumb or unknown, as that of an editor, and a log of
    continuous integration (`CI`) know nothing else.
    """
    wanted = bool(os.environ.get("NO_COLOR")) or os.environ.get("CI", "").lower() not in ("", "0", "false")
    known = sys.platform == "win32" or os.environ.get("TERM", "").lower() not in ("", "dumb", "unknown")
    return wanted or not known


def prepare_streams() -> None:
    """Make stdout and stderr escape characters that they can't encode, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
