"""Settings as one types them: the values of options, and a whole command."""

import os
import shlex
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.config import SETTINGS, StyleConfig
from nst_tf.layer_names import paper_name
from nst_tf.settings import LAYER_WEIGHTS
from nst_tf_cli.options.setting_sources import known_presets
from nst_tf_cli.terminal.errors import option_name

if TYPE_CHECKING:
    import typer

UNSET = "not set"
"""How a setting without a value is shown; no option gives it."""


def changed_options(config: StyleConfig, default: StyleConfig | None = None) -> dict[str, Any]:
    """Return the options of the settings that are not the defaults, or not those of a preset, with their values."""
    default = default or StyleConfig()
    changed = [name for name in SETTINGS if getattr(config, name) != getattr(default, name)]
    return {option_name(name): option_value(config, name) for name in changed}


def shortest_options(config: StyleConfig) -> dict[str, Any]:
    """Return the fewest options that give these settings: a preset, the user's own or built in, and what differs."""
    found = changed_options(config)
    for name, values in known_presets().items():
        changed = changed_options(config, StyleConfig(**values))
        if len(changed) + 1 < len(found) and UNSET not in changed.values():
            found = {"--preset": name, **changed}
    return found


def option_value(config: StyleConfig, name: str) -> Any:
    """Return a setting's value as its option takes it."""
    value = getattr(config, name)
    if SETTINGS[name].metadata["kind"] == LAYER_WEIGHTS:
        return _layers(value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return UNSET if value is None else value


def stylize_command(pictures: Sequence[Path], config: StyleConfig, files: Iterable[tuple[str, Path]]) -> str:
    """Return the `nst-tf stylize` of some settings, to be pasted into a shell.

    Args:
        pictures: The content and the styles.
        config: The settings; a preset stands for those that it sets, and the defaults are left out.
        files: Options that take a file, and their files.
    """
    words: list[Any] = ["stylize", *pictures]
    for option, value in [*shortest_options(config).items(), *files]:
        words += [option, value]
    return shell_command(words)


def given_words(context: "typer.Context", *, but: Collection[str]) -> list[Any]:
    """Return the arguments and options that a command was given, as words for `shell_command`.

    Args:
        context: The command as it was called.
        but: Names of parameters to leave out.
    """
    words: list[Any] = []
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE" or name in but:
            continue
        value = context.params[name]
        if parameter.param_type_name == "option":
            words += [max(parameter.opts, key=len), *([] if value is True else [value])]
        else:
            words.append(value)
    return words


def shell_command(words: Iterable[Any]) -> str:
    """Return a command of `nst-tf` to be pasted into a shell; a path is never taken for an option."""
    return " ".join(_quoted(_path(word) if isinstance(word, Path) else str(word)) for word in ("nst-tf", *words))


def _path(path: Path) -> str:
    """Return a path that is not taken for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _quoted(word: str) -> str:
    """Quote a word for a POSIX shell; one with control characters or line breaks for Bash, in one printable line."""
    if word.isprintable():
        return shlex.quote(word)
    plain = word.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(each if each.isprintable() else _escaped(each) for each in plain) + "'"


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))


def _layers(pairs: Iterable[tuple[str, float]]) -> str:
    """Return layers as the option takes them."""
    weights = dict(pairs)
    even = all(weight == 1 / len(weights) for weight in weights.values())
    return ",".join(paper_name(name) if even else f"{paper_name(name)}={weight}" for name, weight in weights.items())
