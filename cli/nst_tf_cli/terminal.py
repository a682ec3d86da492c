"""What a terminal, or what stands in its place, can show."""

import codecs
import os
import sys

ESCAPED = "nst-tf-escaped"
"""Name under which Python knows how text is written that a stream's encoding does not have."""


def is_plain() -> bool:
    """Tell whether neither colors nor a bar that redraws itself are wanted.

    `NO_COLOR` asks for that (no-color.org); a terminal that is dumb or unknown, as that of an editor, and a log of
    continuous integration (`CI`) know nothing else.
    """
    wanted = bool(os.environ.get("NO_COLOR")) or os.environ.get("CI", "").lower() not in ("", "0", "false")
    known = sys.platform == "win32" or os.environ.get("TERM", "").lower() not in ("", "dumb", "unknown")
    return wanted or not known


def prepare_streams() -> None:
    """Have stdout and stderr write escapes for what their encodings do not have, rather than fail."""
    codecs.register_error(ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", None) == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ESCAPED)


def escaped(text: str) -> str:
    r"""Return what stands for letters that can't be shown: `\xff` for a byte that is no UTF-8, else Python's escape."""
    bytes_in_names = range(0xDC80, 0xDD00)  # where Python puts them
    return "".join(
        f"\\x{ord(each) - 0xDC00:02x}" if ord(each) in bytes_in_names else each.encode("unicode_escape").decode()
        for each in text
    )


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return escaped(error.object[error.start : error.end]), error.end
