"""Errors as a terminal wants them: one line on stderr, no traceback, an exit code that means something."""

import contextlib
import errno
import functools
import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar

import typer

from nst_tf.storage.path_checks import check_local
from nst_tf_cli.terminal.streams import is_plain

P = ParamSpec("P")
R = TypeVar("R")

BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130
"""Exit codes: wrong usage or input, a run that failed, a run that was interrupted."""


def report_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a command's exceptions into one line and an exit code; `NST_TF_DEBUG=1` shows the traceback instead."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            _check_local(*args, *kwargs.values())
            with warnings_told(quiet=kwargs.get("quiet") is True):
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
        return printable(f"{error.strerror}: {_named(error.filename)}") if error.filename else error.strerror
    message = " ".join(str(error).split())
    known = isinstance(error, (ValueError, OSError, FloatingPointError, RuntimeError))
    return printable(message[:500] if known and message else f"{type(error).__name__}: {message[:500]}")


def _named(file: str | bytes | int) -> str:
    return os.fsdecode(file) if isinstance(file, bytes) else str(file)


def printable(text: str) -> str:
    """Return a text with escapes in place of what would steer a terminal, or can't be written to one."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def sentence(error: BaseException) -> str:
    """Return what `describe` does, with one full stop."""
    return f"{describe(error).rstrip('.')}."


def fail(message: str, code: int) -> NoReturn:
    """Print one line on stderr and exit."""
    _complain(message)
    raise typer.Exit(code)


def _complain(message: str) -> None:
    say(f"Error: {message}" if is_plain() else typer.style(f"Error: {message}", fg="red"), err=True)


def say(line: str, *, err: bool) -> None:
    """Print a line on stdout or stderr; nobody listening there is no reason to stop, or to fail."""
    try:
        typer.echo(line, err=err)
    except OSError:
        _silence(err=err)


def answer(text: str) -> None:
    """Print on stdout what a command was asked for; it fails if that gets nowhere."""
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        typer.echo(text)
    except OSError as error:
        lost(error)
        raise typer.Exit(FAILED) from None


def lost(error: OSError) -> None:
    """Say in one line that stdout can't be written to, and leave it alone from now on."""
    _silence(err=False)
    _complain(f"The answer can't be written to the standard output: {sentence(error)}")


def _silence(*, err: bool) -> None:
    """Have what is still said on a stream vanish, for the rest of the process."""
    silent = io.StringIO()
    sys.stdout, sys.stderr = (sys.stdout, silent) if err else (silent, sys.stderr)


@contextlib.contextmanager
def warnings_told(*, quiet: bool) -> Iterator[None]:
    """Show each warning once, in one line; none, from any depth, if there is to be quiet."""
    told: set[str] = set()

    def tell(text: str) -> bool:
        if text not in told and not quiet:
            told.add(text)
            say(text, err=True)
        return False  # nobody else needs to show it

    with contextlib.ExitStack() as stack:
        stack.enter_context(_changed(warnings, showwarning=lambda message, *_, **__: tell(f"Warning: {message}")))
        stack.enter_context(_changed(logging.root.manager, disable=logging.WARNING if quiet else logging.NOTSET))
        handler = logging.Handler(logging.WARNING)
        handler.addFilter(lambda record: tell(record.getMessage()))
        for name in ("nst_tf", "nst_tf_cli"):
            logging.getLogger(name).addHandler(handler)
            stack.callback(logging.getLogger(name).removeHandler, handler)
        logging.getLogger("PIL").setLevel(logging.CRITICAL)  # of damaged files the one line tells enough
        yield


@contextlib.contextmanager
def _changed(owner: object, **attributes: object) -> Iterator[None]:
    """Give an object other attributes for a while."""
    before = {name: getattr(owner, name) for name in attributes}
    for name, value in attributes.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)
