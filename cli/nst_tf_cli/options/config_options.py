"""An option for every field of `StyleConfig`, with its default and help, so that neither is written twice.

An option that is not given is None here, so that a preset can take its place, or an example's setting.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from nst_tf.config import SETTINGS
from nst_tf.presets import PRESETS
from nst_tf.settings import (
    CHOICE,
    CHOICE_OR_NUMBER,
    LAYER_WEIGHTS,
    NAME,
    NUMBER,
    NUMBERS,
    WHOLE_NUMBER,
    from_text,
)
from nst_tf_cli.options.completion import complete_presets, completion_of
from nst_tf_cli.options.like_option import read_like
from nst_tf_cli.options.setting_sources import BALANCED, Command, collect_sources, config_of, own_presets
from nst_tf_cli.options.signatures import with_parameters

METAVARS = {
    WHOLE_NUMBER: "N",
    NUMBER: "NUMBER",
    NUMBERS: "NUMBER,...",
    LAYER_WEIGHTS: "LAYER,...",
    NAME: "WORD|FILE",
    CHOICE: "WORD",
}
"""What help calls a value of each kind of setting."""

WIDEST_CHOICES = 23
"""Characters of the choices that are shown in the place of a word."""


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Replace a command's parameter `config` by an option for each setting and for presets, and build it from them."""
    return with_settings_of(BALANCED)(command)


def with_settings_of(
    base: str, *, without: Iterable[str] = (), **changes: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Do what `with_settings` does, with a preset, some changes of it and fewer options.

    A command with a parameter `like` gets an option for a painting whose settings take the place of all others but
    single options, and is given it as a `Like`, or None. One with a parameter `sources` gets where settings come from,
    one with `presets` the settings of each preset, built in or of the user's files.

    Args:
        base: The preset if none is given.
        without: Settings that the command decides itself.
        changes: Settings in which the command's defaults differ from any preset.
    """
    own_defaults = Command(base=base, changes=changes)
    settings = [
        setting_option(field, PRESETS[base] | changes) for name, field in SETTINGS.items() if name not in without
    ]

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        """Replace the parameters of a command by options."""
        parameters = inspect.signature(command).parameters

        @functools.wraps(command)
        def configured(*args: Any, **options: Any) -> Any:
            """Build the configuration from the options, and call the command."""
            given = given_settings(options, settings)
            chosen = _the_preset(options.pop("preset"))
            file = options.pop("config_file")
            if "presets" in parameters:
                options["presets"] = {**PRESETS, **own_presets(file)}
            if options.get("like") is not None:
                options["like"] = read_like(options["like"], preset=chosen, config_file=file)
                return command(*args, config=options["like"].config(**given), **options)
            sources = collect_sources(own_defaults, preset=chosen, config_file=file, options=given)
            config = config_of(sources)
            if "sources" in parameters:
                options["sources"] = sources
            return command(*args, config=config, **options)

        replaced = {
            "config": [_preset_option(base), _config_option(), *settings],
            "like": [_like_option()],
            "sources": [],
            "presets": [],
        }
        own = [parameter for name, parameter in parameters.items() if name not in replaced]
        options = [option for name in reversed(replaced) if name in parameters for option in replaced[name]]
        return with_parameters(configured, [*own, *options])

    return decorated


def _preset_option(default: str) -> inspect.Parameter:
    text = (
        f"Settings that go together: {', '.join(PRESETS)}, or your own; single options win over them. nst-tf presets "
        rf"lists what each sets. \[default: {default}]"  # a bracket is markup to rich
    )
    option = typer.Option(help=text, metavar="PRESET", show_default=False, autocompletion=complete_presets)
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter("preset", keyword, default=None, annotation=Annotated[list[str] | None, option])


def _the_preset(given: list[str] | None) -> str | None:
    if given and len(given) > 1:
        raise ValueError(f"--preset can be given once; got {', '.join(given)}. Single options change a preset.")
    return given[0] if given else None


def _like_option() -> inspect.Parameter:
    text = "A picture that nst-tf painted, to repeat its settings; single options win over it. In place of --preset."
    option = typer.Option(help=text, metavar="PICTURE")
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter("like", keyword, default=None, annotation=Annotated[Path | None, option])


def _config_option() -> inspect.Parameter:
    option = typer.Option("--config", help="TOML file with settings and presets; nst-tf config shows what counts.")
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter("config_file", keyword, default=None, annotation=Annotated[Path | None, option])


def given_settings(options: dict[str, Any], settings: Iterable[inspect.Parameter]) -> dict[str, Any]:
    """Take the settings that were given out of a command's options; what is not a number is refused later.

    The library says in one line what a setting allows, in the same words wherever the value comes from.
    """
    values = {setting.name: options.pop(setting.name) for setting in settings}
    return {name: from_text(SETTINGS[name], value) for name, value in values.items() if value is not None}


def setting_option(
    field: dataclasses.Field[Any], defaults: Mapping[str, Any] = MappingProxyType({})
) -> inspect.Parameter:
    """Return the parameter of a command for a field of `StyleConfig`, whose default may be another one there."""
    value = defaults.get(field.name, field.default)
    default = "" if value is None else rf" \[default: {value}]"  # a bracket is markup to rich
    option = typer.Option(
        help=field.metadata["help"] + _choices(field) + default,
        metavar=_metavar(field),
        rich_help_panel=field.metadata["group"],
        show_default=False,
        autocompletion=completion_of(field),
    )
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, option]
    )


def _metavar(field: dataclasses.Field[Any]) -> str:
    """Return the word for a setting's value, or its choices if they fit into a column."""
    number = field.metadata.get("unit", METAVARS.get(field.metadata["kind"], ""))
    return number if field.metadata["kind"] == WHOLE_NUMBER or _choices(field) else "|".join(_words(field)) or number


def _choices(field: dataclasses.Field[Any]) -> str:
    """Say which choices there are, if there are too many for a column."""
    words = _words(field)
    return f" One of {', '.join(words)}." if len("|".join(words)) > WIDEST_CHOICES else ""


def _words(field: dataclasses.Field[Any]) -> list[str]:
    unit = [field.metadata["unit"]] if field.metadata["kind"] == CHOICE_OR_NUMBER else []
    return [*field.metadata.get("choices", ()), *unit]
