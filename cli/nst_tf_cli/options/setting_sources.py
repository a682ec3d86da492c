"""Where settings come from, and which source wins.

From the weakest to the strongest: the defaults, the user's own file, the file that `--config` names, environment
variables, the preset that `--preset` names, single options. In a file, its settings win over the preset that it names.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_tf.config import SETTINGS, StyleConfig
from nst_tf.presets import PRESETS
from nst_tf.settings import checked
from nst_tf_cli.options.config_file import ConfigFile, UserPreset, read_config, user_file

BALANCED = "balanced"
"""The preset whose settings are the defaults."""

VARIABLES = {"weights": "NST_TF_WEIGHTS", "precision": "NST_TF_PRECISION"}
"""Settings in which machines differ, and their environment variables."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Some settings, and where they come from."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Command:
    """The defaults of a command.

    Attributes:
        base: Its preset if none is given.
        changes: Settings in which its defaults differ from any preset.
    """

    base: str
    changes: Mapping[str, Any]


def collect_sources(
    command: Command, *, preset: str | None, config_file: Path | None, options: Mapping[str, Any]
) -> list[Source]:
    """Return all sources of settings, the weakest first.

    A command with a preset of its own, as those for the paper's figures, prefers it to files and variables.

    Args:
        command: The command's own defaults.
        preset: The preset that was given.
        config_file: The file that was given.
        options: The options that were given.

    Raises:
        OSError: If a file does not exist, or can't be read.
        ValueError: If a file, a variable or the name of a preset is wrong.
    """
    files = read_files(config_file)
    presets = user_presets(files)
    shared = [*(source for file in files for source in _of_file(file, presets)), *_of_environment()]
    own = [Source(name="this command", values=command.changes)]
    chosen = [_of_preset(preset or command.base, presets)]
    layers = [*own, *shared, *chosen] if command.base == BALANCED else [*shared, *chosen, *own]
    return [*layers, Source(name="option", values=options)]


def read_files(config_file: Path | None) -> list[ConfigFile]:
    """Return the user's own file if there is one, and the file that was given."""
    return [read_config(path) for path in (user_file(), config_file) if path is not None]


def user_presets(files: Sequence[ConfigFile]) -> dict[str, UserPreset]:
    """Return the presets of all files; those of a later one win."""
    return {name: preset for file in files for name, preset in file.presets.items()}


def own_presets(config_file: Path | None = None) -> dict[str, Mapping[str, Any]]:
    """Return the settings of the presets in the user's files.

    Raises:
        OSError: If a file does not exist, or can't be read.
        ValueError: If a file is wrong.
    """
    return {name: preset.values for name, preset in user_presets(read_files(config_file)).items()}


def known_presets() -> Mapping[str, Mapping[str, Any]]:
    """Return all presets and their settings; only the built-in ones if the user's file is wrong, as a command says."""
    try:
        return {**PRESETS, **own_presets()}
    except (OSError, ValueError):
        return PRESETS


def config_of(sources: Sequence[Source]) -> StyleConfig:
    """Return the settings of all sources together.

    Raises:
        ValueError: If a value is invalid.
    """
    return StyleConfig(**{name: value for source in sources for name, value in source.values.items()})


def source_of(setting: str, sources: Sequence[Source]) -> str:
    """Return the name of the source that decides a setting."""
    return next((source.name for source in reversed(sources) if setting in source.values), "default")


def _of_file(file: ConfigFile, presets: Mapping[str, UserPreset]) -> list[Source]:
    named = []
    if file.preset is not None:
        try:
            preset = _of_preset(file.preset, presets)
        except ValueError as error:
            raise ValueError(f"{file.path}: {error}") from error
        named = [Source(name=f"{preset.name} in {file.path}", values=preset.values)]
    return [*named, Source(name=str(file.path), values=file.settings)]


def _of_environment() -> list[Source]:
    found = []
    for setting, variable in VARIABLES.items():
        if value := os.environ.get(variable):
            try:
                found.append(Source(name=variable, values={setting: checked(SETTINGS[setting], value)}))
            except ValueError as error:
                raise ValueError(f"{variable}: {error}") from error
    return found


def _of_preset(name: str, presets: Mapping[str, UserPreset]) -> Source:
    if name in PRESETS:
        return Source(name=f"preset {name}", values=PRESETS[name])
    if name in presets:
        return Source(name=f"preset {name}", values=presets[name].values)
    raise ValueError(f"preset must be one of {', '.join([*PRESETS, *presets])}; got {name!r}.")
