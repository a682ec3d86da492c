"""An option for every field of `StyleConfig`, with its default and help, so that neither is written twice.

An option that is not given is None here, so that a preset can take its place.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from nst_tf.config import PRESETS, Layers, StyleConfig, preset

_PRESET = inspect.Parameter(
    "preset",
    inspect.Parameter.KEYWORD_ONLY,
    default="balanced",
    annotation=Annotated[
        str, typer.Option(help="Settings that go together; single options win over it.", metavar="|".join(PRESETS))
    ],
)


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `config` by an option for each setting and for presets, and build it from them."""
    settings = [setting_option(field) for field in dataclasses.fields(StyleConfig)]

    @functools.wraps(command)
    def configured(*args: Any, **options: Any) -> None:
        values = {setting.name: options.pop(setting.name) for setting in settings}
        given = {name: value for name, value in values.items() if value is not None}
        command(*args, config=preset(options.pop("preset"), **given), **options)

    own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name != "config"]
    parameters = [*own, _PRESET, *settings]
    configured.__signature__ = inspect.Signature(parameters, return_annotation=None)  # type: ignore[attr-defined]
    configured.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return configured


def setting_option(field: dataclasses.Field[Any]) -> inspect.Parameter:
    """Return the parameter of a command for a field of `StyleConfig`."""
    kind: Any = str if field.type is Layers else field.type
    choices = field.metadata.get("choices")
    default = "" if field.default is None else rf" \[default: {field.default}]"  # a bracket is markup to rich
    option = typer.Option(
        help=field.metadata["help"] + default,
        metavar="|".join(choices) if choices else None,
        rich_help_panel=field.metadata["group"],
        show_default=False,
    )
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )
