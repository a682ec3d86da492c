"""Pages of the documentation: their commands and their Python."""

import re
import shlex
from pathlib import Path

import typer

from nst_tf_cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in (ROOT / "docs").glob("*.md") if "<!-- include:" not in path.read_text())
QUICK = {"weights": "random", "scales": 1, "steps": 1, "size": 32}
"""Settings with which a snippet takes a moment."""


def blocks(path, *languages):
    """The blocks of code of a page in some languages."""
    return re.findall(rf"^```(?:{'|'.join(languages)})\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)


def commands(path):
    """The commands of a page that begin with `nst-tf`, as words; examples that are lists of pictures are complete."""
    text = "\n".join(blocks(path, "sh", "console")).replace("\\\n", " ")
    lines = (re.sub(r"\s#\s.*", "", line).strip() for line in text.splitlines())
    found = (re.split(r"\s(?:\|\||&&|\|)\s", line)[0] for line in lines if re.match(r"nst-tf\s", line))
    return [shlex.split(line)[1:] for line in found]


def parse(words):
    """Parse a command as the program does, without running it."""
    command, parent = typer.main.get_command(app), None
    name = "nst-tf"
    while hasattr(command, "resolve_command"):
        context = command.make_context(name, words, parent=parent)
        name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        parent = context
    return command.make_context(name, list(words), parent=parent)


def quickened(snippet):
    """A snippet with settings that take a moment."""
    text = re.sub(r"\b(steps|size)=\d+,? ?", "", snippet)
    text = re.sub(r"StyleConfig\(", "StyleConfig(**QUICK, ", text)
    config = "config=nst_tf.StyleConfig(**QUICK)"
    text = re.sub(r"(?m)(nst_tf\.stylize\((?:(?!config=).)*)\)$", rf"\1, {config})", text)
    return re.sub(r"(?m)(save_style\(.*)\)$", rf"\1, {config}, size=64)", text)
