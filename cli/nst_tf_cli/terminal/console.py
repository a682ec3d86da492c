"""Print lines on stdout and stderr."""

import errno
import io
import os
import sys

import typer

from nst_tf.errors import sentence
from nst_tf_cli.terminal.streams import is_plain

FAILED = 1
"""Exit code of a command that failed."""


def printable(text: str) -> str:
    """Escape control characters and others that are not printable."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def say(line: str, *, err: bool) -> None:
    """Print a line on stdout or stderr; ignore a closed stream."""
    try:
        typer.echo(line, err=err)
    except OSError:
        _silence(err=err)


def complain(message: str) -> None:
    """Print an error on stderr, in one line."""
    say(f"Error: {message}" if is_plain() else typer.style(f"Error: {message}", fg="red"), err=True)


def answer(text: str) -> None:
    """Print a command's result on stdout; fail if it can't be written."""
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        typer.echo(text)
    except OSError as error:
        report_lost_answer(error)
        raise typer.Exit(FAILED) from None


def report_lost_answer(error: OSError) -> None:
    """Say in one line that stdout can't be written to, and write nothing more to it."""
    _silence(err=False)
    complain(printable(f"The answer can't be written to the standard output: {sentence(error)}"))


def _silence(*, err: bool) -> None:
    """Drop everything that is still written to a stream, for the rest of the process."""
    silent = io.StringIO()
    sys.stdout, sys.stderr = (sys.stdout, silent) if err else (silent, sys.stderr)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 picture`, `2 pictures`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
