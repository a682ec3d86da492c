"""Change the parameters that Typer sees of a command."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any


def with_parameters(command: Callable[..., Any], parameters: Sequence[inspect.Parameter]) -> Callable[..., Any]:
    """Tell Typer which parameters a command has."""
    command.__signature__ = inspect.Signature(parameters, return_annotation=None)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command
