"""Errors as a terminal wants them: one line on stderr, no traceback, an exit code that means something."""

import functools
import io
import logging
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar

import typer

from nst_tf.places import check_local

P = ParamSpec("P")
R = TypeVar("R")

BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130
"""Exit codes: wrong usage or input, a run that failed, a run that was interrupted."""


def one_line_failures(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a command's exceptions into one line and an exit code; `NST_TF_DEBUG=1` shows the traceback instead."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        logging.getLogger("PIL").setLevel(logging.CRITICAL)  # of damaged files the one line tells enough
        warnings.formatwarning = lambda message, *_, **__: f"Warning: {message}\n"
        try:
            _check_local(*args, *kwargs.values())
            return command(*args, **kwargs)
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            fail("Interrupted; nothing was saved.", INTERRUPTED)
        except Exception as error:
            if os.environ.get("NST_TF_DEBUG") == "1":
                raise
            fail(describe(error), BAD_INPUT if isinstance(error, (ValueError, OSError)) else FAILED)

    return guarded


def _check_local(*values: object) -> None:
    """Refuse addresses, of the web or of a bucket, among all paths that a command takes."""
    for value in values:
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Path):
                check_local(each)


def describe(error: BaseException) -> str:
    """Return an error's message in one line; the system's own errors with their file, others with their kind."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    message = " ".join(str(error).split())
    known = isinstance(error, (ValueError, OSError, FloatingPointError, RuntimeError))
    return printable(message[:500] if known and message else f"{type(error).__name__}: {message[:500]}")


def printable(text: str) -> str:
    """Return a text with escapes in place of what would steer a terminal, or can't be written to one."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def sentence(error: BaseException) -> str:
    """Return what `describe` does, with one full stop."""
    return f"{describe(error).rstrip('.')}."


def fail(message: str, code: int) -> NoReturn:
    """Print one line on stderr and exit."""
    say(typer.style(f"Error: {message}", fg="red"), err=True)
    raise typer.Exit(code)


def say(line: str, *, err: bool) -> None:
    """Print a line on stdout or stderr; nobody listening there is no reason to stop, or to fail."""
    try:
        typer.echo(line, err=err)
    except OSError:
        silent = io.StringIO()  # for the rest of the process
        sys.stdout, sys.stderr = (sys.stdout, silent) if err else (silent, sys.stderr)
