"""Help screens: in the words of a manual, at the width of a terminal."""

import re

import pytest
import typer
from helpers.command_line import run

from nst_tf_cli.app import app

GROUPS = ("weights", "style")


def commands():
    """All commands, as words."""
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        yield from ([name, each] for each in command.commands) if name in GROUPS else [[name]]


@pytest.mark.parametrize("columns", ["80", "120"])
@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_help_shows_no_types_of_python(command, columns):
    text = run(*command, "--help", env={"COLUMNS": columns, "NO_COLOR": "1"}).stdout
    assert not re.search(r"<\w|\bPath\b|\blist\[|\[x[<>]|Usage:.*[{}<>]", text)
    assert max(map(len, text.splitlines())) <= int(columns)


@pytest.mark.parametrize(
    ("command", "default"),
    [
        ("stylize", "CONTENT-STYLE.png"),
        ("preview", "CONTENT-STYLE-preview.png"),
        ("sweep", "CONTENT-STYLE-sweep.png"),
        ("reconstruct", "CONTENT-content.png"),
        ("texture", "STYLE-texture.png"),
        ("demo", "nst-tf-demo.png"),
    ],
)
def test_the_name_of_a_result_is_said(command, default):
    assert f"by default {default}" in run(command, "--help", env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout


def test_usage_names_what_is_needed_and_numbers_have_their_unit():
    text = run("stylize", "--help", env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
    assert " stylize [OPTIONS] CONTENT STYLE..." in text
    assert re.search(r"--size +PX ", text) and re.search(r"--block +auto\|whole\|PX ", text)
    assert re.search(r"--tv-weight +NUMBER ", text) and re.search(r"--steps +N ", text)


def test_help_of_config_lists_the_environment_variables():
    text = run("config", "--help", env={"NO_COLOR": "1"}).stdout
    for name in ("WEIGHTS", "PRECISION", "CONFIG", "CACHE", "TOKEN", "GRAPHICS", "DEBUG"):
        assert f"NST_TF_{name}" in text
