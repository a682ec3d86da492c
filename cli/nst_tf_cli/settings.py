"""An option for every field of `StyleConfig`, with its default and help, so that neither is written twice."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from nst_tf.config import Layers, StyleConfig


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `config` by an option for each setting, and build it from them."""
    settings = [_parameter(field) for field in dataclasses.fields(StyleConfig)]

    @functools.wraps(command)
    def configured(*args: Any, **options: Any) -> None:
        values = {setting.name: options.pop(setting.name) for setting in settings}
        command(*args, config=StyleConfig(**values), **options)

    own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name != "config"]
    parameters = [*own, *settings]
    configured.__signature__ = inspect.Signature(parameters, return_annotation=None)  # type: ignore[attr-defined]
    configured.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return configured


def _parameter(field: dataclasses.Field[Any]) -> inspect.Parameter:
    kind = str if field.type in (Layers, str) else field.type
    choices = field.metadata.get("choices")
    option = typer.Option(
        help=field.metadata["help"],
        metavar="|".join(choices) if choices else None,
        rich_help_panel=field.metadata["group"],
    )
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=Annotated[kind, option]
    )
