"""The option `--json` of every command that reports."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from nst_tf_cli.options.signatures import with_parameters
from nst_tf_cli.terminal.errors import one_line_errors
from nst_tf_cli.terminal.messages import show_warnings
from nst_tf_cli.terminal.report import Report, publish
from nst_tf_cli.terminal.standard_streams import STANDARD


def reported(command: Callable[..., Report]) -> Callable[..., None]:
    """Print what a command returns, as text or with the option `--json`; errors become one line and an exit code."""

    @functools.wraps(command)
    def published(*args: Any, as_json: bool = False, **options: Any) -> None:
        """Call the command, and print its report."""
        quiet = options.get("quiet") is True
        with one_line_errors(*args, *options.values()):
            if as_json and options.get("output") == STANDARD:
                raise ValueError("--json and --output - both need the standard output; name a file for the picture.")
            with show_warnings(quiet=quiet) as warnings:
                report = command(*args, **options)
        publish(report, warnings, as_json=as_json, quiet=quiet)

    own = inspect.signature(command).parameters.values()
    return with_parameters(published, [*own, _json_option()])


def _json_option() -> inspect.Parameter:
    option = typer.Option("--json", help="Print the result as JSON, on one line.")
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter("as_json", keyword, default=False, annotation=Annotated[bool, option])
