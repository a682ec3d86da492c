"""Errors on a terminal: one line on stderr, no traceback, a documented exit code."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar

import typer

from nst_tf.errors import describe
from nst_tf.storage.path_checks import check_local
from nst_tf_cli.terminal.console import FAILED, complain, printable
from nst_tf_cli.terminal.messages import show_warnings
from nst_tf_cli.terminal.option_words import in_options
from nst_tf_cli.terminal.option_words import option_name as option_name

P = ParamSpec("P")
R = TypeVar("R")

BAD_INPUT, INTERRUPTED = 2, 130
"""Exit codes: wrong usage or input, a run that was interrupted; `FAILED` is that of a run that failed."""


def report_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a command's exceptions into one line and an exit code."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        """Call the command."""
        with one_line_errors(*args, *kwargs.values()), show_warnings(quiet=kwargs.get("quiet") is True):
            return command(*args, **kwargs)

    return guarded


@contextlib.contextmanager
def one_line_errors(*values: object) -> Iterator[None]:
    """Turn exceptions into one line and an exit code; `NST_TF_DEBUG=1` shows the traceback instead.

    Args:
        values: What the command was given; addresses among its paths are refused.
    """
    try:
        _check_local(*values)
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        fail("Interrupted; nothing was saved.", INTERRUPTED)
    except Exception as error:
        if os.environ.get("NST_TF_DEBUG") == "1":
            raise
        fail(printable(in_options(describe(error))), BAD_INPUT if isinstance(error, (ValueError, OSError)) else FAILED)


def fail(message: str, code: int) -> NoReturn:
    """Print one line on stderr and exit."""
    complain(message)
    raise typer.Exit(code)


def _check_local(*values: object) -> None:
    """Refuse addresses, of the web or of a bucket, among all paths that a command takes."""
    for value in values:
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Path):
                check_local(each)
