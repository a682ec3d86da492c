"""What a shell offers after TAB: its own protocol, driven in this process, and the scripts in real shells."""

import os
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from nst_tf.config import PRECISIONS, WEIGHTS
from nst_tf.presets import PRESETS
from nst_tf_cli.app import app

SHELLS = ("bash", "zsh", "fish")


def offered(shell, line):
    """The words that a shell is offered at the end of a line."""
    words = line.split(" ")
    environment = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    environment["_NST_TF_COMPLETE"] = f"complete_{shell}"
    result = CliRunner(env=environment).invoke(app, [], prog_name="nst-tf")
    found = [each.split("\t")[0] for each in result.stdout.splitlines() if each]
    if shell == "zsh":
        return [each.split('"')[1] for each in found if '"' in each]
    return found


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nst-tf stylize photo.jpg painting.jpg --preset ", [*PRESETS]),
        ("nst-tf stylize photo.jpg painting.jpg --weights im", ["imagenet", "imagenet-8bit"]),
        ("nst-tf stylize photo.jpg painting.jpg --weights ", [*WEIGHTS]),
        ("nst-tf stylize photo.jpg painting.jpg --precision ", [*PRECISIONS]),
        ("nst-tf stylize photo.jpg painting.jpg --content-layers conv4_", [f"conv4_{each}" for each in (1, 2, 3, 4)]),
        ("nst-tf stylize photo.jpg p.jpg --style-layers conv1_1,conv1_", ["conv1_1,conv1_2"]),
        ("nst-tf sweep photo.jpg p.jpg --optimizer l", ["lbfgs"]),
        ("nst-tf stylize photo.jpg p.jpg --progress", ["--progress-every"]),
        ("nst-tf doc", ["doctor"]),
        ("nst-tf weights check im", ["imagenet", "imagenet-8bit"]),
        ("nst-tf reconstruct photo.jpg --layers conv1_2,conv1_", ["conv1_2,conv1_1"]),
        ("nst-tf stylize ph", []),
        ("nst-tf stylize photo.jpg p.jpg --weights my-own", []),
    ],
)
def test_a_shell_is_offered_what_would_be_accepted(shell, line, words):
    assert offered(shell, line) == words


def test_presets_of_ones_own_are_offered_and_a_broken_file_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_TF_CONFIG", str(tmp_path / "own.toml"))
    (tmp_path / "own.toml").write_text("[presets.oil]\nsteps = 3")
    assert offered("bash", "nst-tf stylize a b --preset o") == ["oil"]
    (tmp_path / "own.toml").write_text("[presets.")
    assert offered("bash", "nst-tf stylize a b --preset b") == ["balanced", "best"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell_takes_the_script(shell, tmp_path):
    """It defines the function that the shell calls; bash also calls it, once for a word and once for a file."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)}
    environment |= {"_NST_TF_COMPLETE": f"source_{shell}"}
    script = CliRunner(env=environment).invoke(app, [], prog_name="nst-tf").stdout
    del environment["_NST_TF_COMPLETE"]
    (tmp_path / "script").write_text(script)
    (tmp_path / "nst-tf").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nst_tf_cli "$@"\n')
    (tmp_path / "nst-tf").chmod(0o755)
    environment["PATH"] = f"{tmp_path}{os.pathsep}{environment['PATH']}"
    asks = {
        "bash": "source script; COMP_WORDS=(nst-tf doc); COMP_CWORD=1; _nst_tf_completion nst-tf; "
        'echo "${COMPREPLY[@]}"; '
        'COMP_WORDS=(nst-tf stylize ph); COMP_CWORD=2; _nst_tf_completion nst-tf; echo "files: ${#COMPREPLY[@]}"',
        "zsh": "autoload -U compinit; compinit -D; source ./script; whence -w _nst_tf_completion",
        "fish": "source script; complete --do-complete 'nst-tf doc'",
    }
    wanted = {"bash": "doctor\nfiles: 0\n", "zsh": "_nst_tf_completion: function\n", "fish": "doctor\t"}
    command = [program, *(["--norc"] if shell == "bash" else ["-f"] if shell == "zsh" else ["--no-config"]), "-c"]
    result = subprocess.run(
        [*command, asks[shell]], env=environment, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert result.stdout.startswith(wanted[shell]), result.stderr
