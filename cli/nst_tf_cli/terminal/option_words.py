"""Messages of the library in the words of the command line: `style_weight must be …` is about `--style-weight`."""

import re

from nst_tf.config import SETTINGS

POSITIONAL = {"content": "the photograph", "style": "the painting"}
"""What is given without an option."""

KEYWORDS = {"overwrite=True": "--overwrite", "styles=...": "--style"}
"""Arguments of the library, as its messages write them, and their options."""

_SUBJECT = re.compile(r"^[a-z][a-z0-9_]*(?= (?:\(\w+\) )?must )")
"""The name that a message is about; all others begin with a capital letter, or a path."""

_ADVICE = re.compile(rf"(?:(?<=choose )|(?<= or ))(?:{'|'.join(SETTINGS)})(?= [a-z]+[,;. ]|[,;] )")
"""A setting in what a message says to do, as in `choose activations auto`."""


def option_name(name: str) -> str:
    """Return how error messages name a setting or a field of a job: the option that sets it."""
    return POSITIONAL.get(name, f"--{name.replace('_', '-')}")


def in_options(message: str) -> str:
    """Return a message of the library with the options in the place of arguments and settings."""
    for keyword, option in KEYWORDS.items():
        message = message.replace(keyword, option)
    return _ADVICE.sub(_option, _SUBJECT.sub(_option, message))


def _option(found: re.Match[str]) -> str:
    return option_name(found[0])
