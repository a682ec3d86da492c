"""Ten scripts that someone might write around `nst-tf`, and the streams and exit codes that they rely on."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from helpers.command_line import run
from PIL import Image
from typer.testing import CliRunner

from nst_tf import load_image
from nst_tf_cli.app import app
from nst_tf_cli.terminal.standard_streams import picture_from_stdin, picture_to_stdout

DOCUMENT = Path(__file__).parents[2] / "docs" / "scripts.md"
QUICK = ["--weights", "random", "--steps", "2", "--scales", "1"]


@pytest.fixture
def shell(tmp_path_factory):
    """Run a script in a POSIX shell whose PATH has `nst-tf`; `bare` leaves nothing else in its environment."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "nst-tf").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nst_tf_cli "$@"\n')
    (folder / "nst-tf").chmod(0o755)
    needed = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path)}

    def script(text, *, bare=False, **variables):
        environment = {**({} if bare else os.environ), **needed, "QUICK": " ".join(QUICK), **variables}
        environment = {name: value for name, value in environment.items() if value is not None}
        return subprocess.run(["sh", "-c", text], env=environment, capture_output=True, check=False)

    return script


def test_find_and_xargs_from_cron_without_home_in_the_c_locale(shell, pictures):
    """The photograph's name is Latin-1 with a space, the environment is empty but for PATH."""
    Path("photo.jpg").rename(os.fsdecode(b"my f\xeate.JPG"))
    text = (
        "find . -name '*.JPG' -print0 | "
        'xargs -0 -n 1 sh -c \'nst-tf stylize "$1" painting.jpg -o "${1%.JPG}.png" -q $QUICK || exit 255\' sh'
    )
    result = shell(text, bare=True, LC_ALL="C", HOME=None)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert load_image(os.fsdecode(b"my f\xeate.png")).shape == (1, 40, 48, 3)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_a_rule_of_make_with_a_home_that_can_not_be_written_to(shell, pictures):
    Path("Makefile").write_text("%.png: %.jpg painting.jpg\n\tnst-tf stylize $^ -o $@ --overwrite $(QUICK)\n")
    result = shell(
        "make -s photo.png && make photo.png",
        HOME="/proc/nowhere",
        NST_TF_CACHE=None,
        NST_TF_CONFIG=None,
        MAKELEVEL=None,
        MAKEFLAGS=None,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [b"photo.png", b"make: 'photo.png' is up to date."]


def test_a_pipe_in_and_a_pipe_out(shell, pictures):
    result = shell("cat photo.jpg | nst-tf stylize - painting.jpg -o - $QUICK | cat > out.png")
    assert (result.returncode, result.stdout) == (0, b"")
    assert b"Painted 48x40 px in " in result.stderr and b"nst-tf-" not in result.stderr
    with Image.open("out.png") as file:
        assert (file.format, file.size) == ("PNG", (48, 40))
    assert {path.name for path in pictures.iterdir()} == {"photo.jpg", "painting.jpg", "out.png"}


def test_answers_for_programs_are_json(shell, pictures):
    tool = f'"{sys.executable}" -m json.tool'
    commands = ("presets", "config", "weights show")
    result = shell(" && ".join(f"nst-tf {command} --json | {tool}" for command in commands))
    assert result.returncode == 0 and result.stderr == b""


def piped(*arguments, data):
    return CliRunner().invoke(app, [str(each) for each in arguments], input=data)


def test_a_style_from_a_pipe_gives_the_bytes_that_its_file_gives(pictures):
    run("stylize", "photo.jpg", "painting.jpg", "-o", "out.png", *QUICK)
    result = piped("stylize", "photo.jpg", "-", "-o", "-", *QUICK, data=Path("painting.jpg").read_bytes())
    assert result.exit_code == 0, result.stderr
    assert result.stdout_bytes == Path("out.png").read_bytes()


def test_a_texture_of_a_pipe_into_a_pipe(pictures):
    options = ["--layers", "conv1_1", "--size", "32", "--weights", "random", "--steps", "2"]
    result = piped("texture", "-", "-o", "-", *options, data=Path("painting.jpg").read_bytes())
    assert result.exit_code == 0, result.stderr
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == "PNG"


@pytest.mark.parametrize(
    ("arguments", "data", "message"),
    [
        (["-", "-"], b"?", "Only one picture can come from the standard input"),
        (["-", "painting.jpg"], b"", "nothing came"),
        (["-", "painting.jpg"], b"no picture", "Error: stdin is not a picture of a known format"),
        (["-", "painting.jpg", "--checkpoint", "run"], b"?", "--checkpoint needs pictures with names"),
        (
            ["photo.jpg", "painting.jpg", "-o", "-", "--checkpoint", "run"],
            b"",
            "--checkpoint needs a result with a name",
        ),
        (["photo.jpg", "painting.jpg", "-o", "-", "--save-every", "1"], b"", "--save-every needs a result with a name"),
        (["photo.jpg", "painting.jpg", "-o", "-", "--json"], b"", "both need the standard output"),
    ],
)
def test_what_streams_can_not_do_is_refused_in_one_line(arguments, data, message, pictures):
    result = piped("stylize", *arguments, *QUICK, data=data)
    assert (result.exit_code, result.stdout_bytes, result.stderr.count("\n")) == (2, b"", 1)
    assert message in result.stderr
    assert {path.name for path in pictures.iterdir()} == {"photo.jpg", "painting.jpg"}


def test_a_terminal_is_neither_given_a_picture_nor_asked_for_one(monkeypatch):
    reader, terminal = os.openpty()
    with os.fdopen(terminal, "w") as stdout, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        with pytest.raises(ValueError, match="standard output, which is a terminal; redirect it"), picture_to_stdout():
            pass
    with os.fdopen(reader) as stdin, monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", stdin)
        patch.setattr(stdin, "isatty", lambda: True, raising=False)
        with pytest.raises(ValueError, match="pipe one into it"), picture_from_stdin():
            pass


def test_a_pipe_that_closes_early_costs_no_picture(pictures, capsys, monkeypatch):
    """As with `| head -c 1`; the painting is larger than what the pipe holds."""
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setenv("TMPDIR", str(pictures))
    with os.fdopen(writer, "w") as stdout, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        with pytest.raises(typer.Exit) as ended, picture_to_stdout() as file:
            file.write_bytes(bytes(1_000_000))
        patch.undo()
    assert ended.value.exit_code == 1
    shown = capsys.readouterr().err
    assert "can't be written to the standard output: Broken pipe. It is in " in shown
    assert Path(shown.rsplit("It is in ")[1].strip().removesuffix(".")).stat().st_size == 1_000_000


def test_a_log_of_continuous_integration_has_a_line_every_so_many_steps(pictures, monkeypatch):
    monkeypatch.setenv("CI", "true")
    options = ["--progress-every", "2", "--steps", "6", "--json"]
    result = run("stylize", "photo.jpg", "painting.jpg", "-o", "out.png", *QUICK, *options)
    steps = [int(line.split()[1].split("/")[0]) for line in result.stderr.splitlines() if line.startswith("step ")]
    assert steps and steps[-1] == 6 and steps == sorted(set(steps)) and len(steps) <= 3
    assert "\x1b" not in result.output
    painted = json.loads(result.stdout)
    assert (painted["path"], painted["width"], painted["height"], painted["state"]) == ("out.png", 48, 40, "finished")
    assert (painted["steps"], painted["weights"], painted["warnings"]) == (6, "random", [])
    documented = next(line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `stylize`"))
    assert set(painted) - {"warnings"} <= set(re.findall("`([a-z]+)`", documented))
    assert set(painted["terms"]) == {"content", "style", "tv"} and painted["loss"] > 0 and painted["seconds"] > 0


def test_paths_of_windows_are_names_like_any_other(pictures):
    missing = run("stylize", r"C:\pictures\photo.jpg", "painting.jpg", *QUICK)
    assert (missing.exit_code, missing.stderr.count("\n")) == (2, 1)
    assert r"There is no picture C:\pictures\photo.jpg" in missing.stderr
    if os.name == "posix":
        Path("photo.jpg").rename(r"C:\photo.jpg")
        result = run("stylize", r"C:\photo.jpg", "painting.jpg", "-o", r"D:\out.png", *QUICK)
        assert (result.exit_code, result.stdout) == (0, "D:\\out.png\n")


@pytest.mark.filterwarnings("default")
def test_warnings_and_sheets_are_in_the_json(pictures):
    with Image.open("photo.jpg") as photo:
        photo.save("odd.png", icc_profile=b"no profile at all")
    painted = json.loads(run("stylize", "odd.png", "painting.jpg", "-q", "--json", *QUICK).stdout)
    assert painted["path"] == "odd-painting.png" and "color profile can't be used" in painted["warnings"][0]
    sheet = run("sweep", "photo.jpg", "painting.jpg", "--vary", "steps=1,2", "--weights", "random", "--json", "-q")
    listed = json.loads(sheet.stdout)
    assert listed["path"] == "photo-painting-sweep.png" and sheet.stderr == ""
    assert all(Path(each["path"]).is_file() for each in listed["pictures"]) and len(listed["pictures"]) == 2


def test_a_finished_run_says_how_to_paint_it_larger_unless_quiet(pictures):
    result = run("stylize", "photo.jpg", "painting.jpg", "-o", "out.png", *QUICK)
    assert result.stderr.splitlines()[-1].startswith("Painted 48x40 px in ")
    assert result.stderr.splitlines()[-1].endswith("; --size 96 paints it larger.")
    assert run("stylize", "photo.jpg", "painting.jpg", "-q", *QUICK).output == ""


def test_a_run_that_fails_while_piped_names_the_stream_and_sends_its_last_good_picture(pictures):
    worse = ["--content-weight", "9e37", "--normalization", "paper", "--learning-rate", "0.02", "--steps", "9"]
    result = piped("stylize", "photo.jpg", "painting.jpg", "-o", "-", "-q", *QUICK, *worse, data=b"")
    assert result.exit_code == 1 and result.stderr.count("\n") == 1
    assert "nst-tf-" not in result.stderr
    assert "the standard output holds the last good picture; --start FILE continues" in result.stderr
    assert Image.open(io.BytesIO(result.stdout_bytes)).size == (48, 40)


@pytest.mark.parametrize("output", [["-o", "./-.png"], ["--output=./-.png"]], ids=" ".join)
def test_a_dash_in_a_folder_is_a_file(output, pictures):
    Path("photo.jpg").rename("-")
    result = run("stylize", "./-", "painting.jpg", *output, *QUICK)
    assert result.exit_code == 0, result.output
    assert Path("-.png").exists()
    refused = run("stylize", "painting.jpg", "painting.jpg", "--output=./-", *QUICK)
    assert refused.exit_code == 2 and "must end in .png" in refused.stderr
