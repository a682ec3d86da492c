"""What a shell offers after TAB: the words that a setting allows, layers, presets. Files are the shell's own business.

The words are those that the settings are checked against.
"""

from collections.abc import Callable, Iterable
from dataclasses import Field
from typing import Any

from nst_tf.layer_names import LAYERS, paper_name
from nst_tf.settings import LAYER_WEIGHTS
from nst_tf_cli.options.setting_sources import known_presets

Complete = Callable[[str], list[str]]
"""From the beginning of a value to the values that begin so."""


def completion_of(setting: Field[Any]) -> Complete | None:
    """Return what completes a setting; None if any number will do."""
    if setting.metadata["kind"] == LAYER_WEIGHTS:
        return complete_layers
    words = setting.metadata.get("choices") or setting.metadata.get("words")
    return words and complete_words(words)


def complete_words(words: Iterable[str]) -> Complete:
    """Return what completes one of some words."""

    def complete(incomplete: str) -> list[str]:
        """Return the words that begin so."""
        return [word for word in words if word.startswith(incomplete)]

    return complete


def complete_layers(incomplete: str) -> list[str]:
    """Complete the last layer of a list; each layer is offered once."""
    before, comma, last = incomplete.rpartition(",")
    taken = {part.partition("=")[0] for part in before.split(",")}
    names = [paper_name(layer) for layer in LAYERS]
    return [f"{before}{comma}{name}" for name in names if name.startswith(last) and name not in taken]


def complete_presets(incomplete: str) -> list[str]:
    """Complete a preset, built in or the user's own."""
    return [name for name in known_presets() if name.startswith(incomplete)]
