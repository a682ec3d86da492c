"""Settings and presets of one's own, in a TOML file.

size = 1024
preset = "oil"

[presets.oil]
description = "Thick strokes"
preset = "best"
style-scale = 2
"""

import difflib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from nst_tf.config import SETTINGS, StyleConfig
from nst_tf.errors import describe
from nst_tf.presets import PRESETS
from nst_tf.setting_names import named_in_python
from nst_tf.settings import NAME, checked
from nst_tf.storage.path_checks import check_exists

PRESET, PRESET_TABLES, DESCRIPTION = "preset", "presets", "description"
"""Names in the file that are not settings."""

LARGEST_FILE = 2**20
"""Bytes of the largest file that is read."""


@dataclass(frozen=True, kw_only=True)
class UserPreset:
    """A preset from a file.

    Attributes:
        values: Settings in which it differs from the defaults, those of the preset that it builds on included.
        description: What it is for, in the user's words.
        path: The file.
    """

    values: Mapping[str, Any]
    description: str
    path: Path


@dataclass(frozen=True, kw_only=True)
class ConfigFile:
    """A file with settings.

    Attributes:
        path: The file.
        settings: Its settings.
        preset: Name of the preset that they build on; None if it names none.
        presets: Its presets.
    """

    path: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    preset: str | None = None
    presets: Mapping[str, UserPreset] = field(default_factory=dict)


def user_file() -> Path | None:
    """Return the user's own file, if there is one: `NST_TF_CONFIG`, or `config.toml` in the usual place for settings.

    An empty `NST_TF_CONFIG` stands for no file.
    """
    named = os.environ.get("NST_TF_CONFIG")
    if named is not None:
        return Path(named).expanduser() if named else None
    usual = usual_file()
    try:
        return usual if usual.exists() else None
    except OSError:  # a home folder that can't be looked into
        return None


def usual_file() -> Path:
    """Return where the user's own file usually is, whether it exists or not."""
    return platformdirs.user_config_path("nst-tf", appauthor=False) / "config.toml"


def read_config(path: Path) -> ConfigFile:
    """Read a file with settings.

    Raises:
        OSError: If it does not exist, or can't be read.
        ValueError: If it is not valid; the message names what in it is wrong.
    """
    check_exists(path, "file of settings")
    with path.open("rb") as stream:
        values = _parsed(path, stream.read(LARGEST_FILE + 1))
    tables = values.pop(PRESET_TABLES, {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise ValueError(f"{path}: presets are tables, as in [presets.oil].")
    presets = {name: _preset(name, table, path) for name, table in tables.items()}
    base = _preset_name(values, path)
    return ConfigFile(path=path, settings=_settings(values, path), preset=base, presets=presets)


def _parsed(path: Path, data: bytes) -> dict[str, Any]:
    """Parse TOML."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    if len(data) > LARGEST_FILE:
        raise ValueError(f"{path} has more than {LARGEST_FILE >> 20} MiB; a file of settings is a few lines of TOML.")
    try:
        return dict(tomllib.loads(data.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:  # the former also for text that is not UTF-8
        raise ValueError(f"{path} is not a TOML file: {describe(error)}.") from error


def _preset(name: str, table: dict[str, Any], path: Path) -> UserPreset:
    """Return a preset of a file, checked as a whole."""
    if name in PRESETS:
        raise ValueError(f"{path}: presets.{name} has the name of a built-in preset; choose another one.")
    base, description = _preset_name(table, path), table.pop(DESCRIPTION, "")
    if base is not None and base not in PRESETS:
        raise ValueError(f"{path}: presets.{name} can build on {', '.join(PRESETS)}; got {base!r}.")
    values = {**PRESETS[base or "balanced"], **_settings(table, path)}
    try:
        StyleConfig(**values)
    except ValueError as error:
        raise ValueError(f"{path}: presets.{name}: {error}") from error
    return UserPreset(values=values, description=str(description), path=path)


def _preset_name(table: dict[str, Any], path: Path) -> str | None:
    name = table.pop(PRESET, None)
    if name is not None and not isinstance(name, str):
        raise ValueError(f"{path}: preset must be a name in quotes; got {name!r}.")
    return name


def _settings(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return settings as `StyleConfig` takes them, each checked."""
    try:
        values = named_in_python(table)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    for name in values:
        if name not in SETTINGS:
            known = [*SETTINGS, PRESET, PRESET_TABLES]
            like = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {like[0]}?" if like else "nst-tf config lists the settings."
            raise ValueError(f"{path}: there is no setting {name}; {hint}")
    return {name: _checked(name, value, path) for name, value in values.items()}


def _checked(name: str, value: Any, path: Path) -> Any:
    """Check a value; the names of files are relative to the folder of the file with the settings."""
    setting = SETTINGS[name]
    try:
        value = checked(setting, value)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    is_file = setting.metadata["kind"] == NAME and value not in setting.metadata["words"]
    return str(path.parent / Path(value).expanduser()) if is_file else value
