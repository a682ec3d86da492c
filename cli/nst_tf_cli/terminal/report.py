"""What a command reports: lines for people, or one JSON object for programs."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import typer

from nst_tf_cli.terminal.console import answer, say


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of a command.

    Attributes:
        values: The result for programs, as JSON values.
        text: The result for people, in lines; empty if there is nothing to say.
        asked: Whether the text is what the command is for, so that it is printed even if the command is quiet, and a
            standard output that can't be written to is a failure.
        code: Exit code.
    """

    values: Mapping[str, Any]
    text: str = ""
    asked: bool = False
    code: int = 0

    def renamed(self, before: str, after: str) -> "Report":
        """Return the report with another name for a file."""
        return replace(self, text=self.text.replace(before, after), values=_renamed(self.values, before, after))


def publish(report: Report, warnings: Sequence[str], *, as_json: bool, quiet: bool) -> None:
    """Print a report on stdout, and exit with its code if that is not 0.

    Args:
        report: The report.
        warnings: The warnings that were shown meanwhile; JSON contains them.
        as_json: Whether to print JSON, on one line.
        quiet: Whether to print only what was asked for.
    """
    if as_json:
        own = report.values.get("warnings", [])
        answer(as_line({**report.values, "warnings": [*warnings, *own]}))
    elif report.text and report.asked:
        answer(report.text)
    elif report.text and not quiet:
        say(report.text, err=False)
    if report.code:
        raise typer.Exit(report.code)


def as_line(values: Mapping[str, Any]) -> str:
    """Return JSON on one line, in ASCII; numbers that are not finite, which JSON does not have, are null."""
    return json.dumps(_finite(values), allow_nan=False)


def _renamed(value: Any, before: str, after: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _renamed(each, before, after) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_renamed(each, before, after) for each in value]
    return value.replace(before, after) if isinstance(value, str) else value


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
