"""`-` in the place of a picture: read it from the standard input."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

from nst_tf.errors import describe
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.standard_streams import INPUT, STANDARD, picture_from_stdin

P = ParamSpec("P")

OUTPUT = "output"
"""The parameter whose `-` is the standard output."""


def from_stdin(command: Callable[P, Report]) -> Callable[P, Report]:
    """Let a command read one of its pictures from the standard input."""

    @functools.wraps(command)
    def piped(*args: P.args, **options: P.kwargs) -> Report:
        """Call the command, with a temporary file in the place of `-`."""
        given = [each for name, value in options.items() if name != OUTPUT for each in _paths(value)]
        if STANDARD not in given:
            return command(*args, **options)
        if given.count(STANDARD) > 1:
            raise ValueError("Only one picture can come from the standard input; name files for the others.")
        if options.get("checkpoint") is not None:
            raise ValueError("--checkpoint needs pictures with names, to read them again; name a file instead of -.")
        with picture_from_stdin() as file:
            replaced: Any = {name: _replaced(value, file) for name, value in options.items() if name != OUTPUT}
            try:
                return command(*args, **{**options, **replaced}).renamed(str(file), str(STANDARD))
            except (OSError, ValueError) as error:
                if str(file) in describe(error):
                    raise ValueError(describe(error).replace(str(file), INPUT)) from error
                raise

    return piped


def _paths(value: object) -> list[Path]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, Path)]


def _replaced(value: object, file: Path) -> object:
    """Replace `-` by a file."""
    if isinstance(value, list):
        return [_replaced(each, file) for each in value]
    return file if isinstance(value, Path) and value == STANDARD else value
