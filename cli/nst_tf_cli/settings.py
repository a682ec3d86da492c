"""An option for every field of `StyleConfig`, with its default and help, so that neither is written twice.

An option that is not given is None here, so that a preset can take its place.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

import typer

from nst_tf.config import PRESETS, Layers, StyleConfig, preset

BALANCED = "balanced"
"""The preset whose settings are the defaults."""


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `config` by an option for each setting and for presets, and build it from them."""
    return with_settings_of(BALANCED)(command)


def with_settings_of(
    base: str, *, without: Iterable[str] = (), **changes: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Do what `with_settings` does, with a preset, some changes of it and fewer options.

    Args:
        base: The preset if none is given.
        without: Settings that the command decides itself.
        changes: Settings in which the command's defaults differ from any preset.
    """
    fields = [field for field in dataclasses.fields(StyleConfig) if field.name not in without]
    settings = [setting_option(field, PRESETS[base] | changes) for field in fields]

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def configured(*args: Any, **options: Any) -> None:
            values = {setting.name: options.pop(setting.name) for setting in settings}
            given = {name: value for name, value in values.items() if value is not None}
            command(*args, config=preset(options.pop("preset"), **{**changes, **given}), **options)

        own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name != "config"]
        return with_parameters(configured, [*own, _preset_option(base), *settings])

    return decorated


def with_parameters(command: Callable[..., None], parameters: Sequence[inspect.Parameter]) -> Callable[..., None]:
    """Tell Typer which parameters a command has."""
    command.__signature__ = inspect.Signature(parameters, return_annotation=None)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _preset_option(default: str) -> inspect.Parameter:
    option = typer.Option(help="Settings that go together; single options win over it.", metavar="|".join(PRESETS))
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter("preset", keyword, default=default, annotation=Annotated[str, option])


def setting_option(
    field: dataclasses.Field[Any], defaults: Mapping[str, Any] = MappingProxyType({})
) -> inspect.Parameter:
    """Return the parameter of a command for a field of `StyleConfig`, whose default may be another one there."""
    value = defaults.get(field.name, field.default)
    kind: Any = str if field.type is Layers else field.type
    choices = field.metadata.get("choices")
    default = "" if value is None else rf" \[default: {value}]"  # a bracket is markup to rich
    option = typer.Option(
        help=field.metadata["help"] + default,
        metavar="|".join(choices) if choices else None,
        rich_help_panel=field.metadata["group"],
        show_default=False,
    )
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )
