"""What is said where there is no full terminal: no escapes, nothing that can't be encoded or that gets nowhere."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.command_line import run
from PIL import Image

from nst_tf import Metadata, StyleConfig, load_image, save_image
from nst_tf.runs.progress import Progress
from nst_tf.runs.provenance import Provenance
from nst_tf_cli.terminal.announcement import thread_count, usable_cores
from nst_tf_cli.terminal.progress_bar import show_progress, show_working

RUN = ["--weights", "random", "--steps", "2", "--scales", "1"]
COMMAND = [sys.executable, "-m", "nst_tf_cli"]


SAID_OF_TERMINALS = ("NO_COLOR", "CI", "FORCE_COLOR", "GITHUB_ACTIONS", "TERM")


def process(*arguments, command=COMMAND, **options):
    kept = {name: value for name, value in os.environ.items() if name not in SAID_OF_TERMINALS}
    environment = {**kept, "PYTHONPATH": os.pathsep.join(sys.path), **options.pop("env", {})}
    return subprocess.run([*command, *arguments], env=environment, check=False, **options)


PLAIN = {
    "NO_COLOR": {"NO_COLOR": "1", "TERM": "xterm", "FORCE_COLOR": "1"},
    "dumb": {"TERM": "dumb"},
    "no TERM": {"TERM": ""},
    "CI": {"CI": "true", "GITHUB_ACTIONS": "true", "TERM": "xterm"},
}


@pytest.mark.parametrize(("asked", "threads"), [("3", 3), ("", usable_cores()), ("many", usable_cores())])
def test_the_threads_are_those_that_tensorflow_is_asked_for(asked, threads, monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", asked)
    assert thread_count() == threads


@pytest.fixture
def progress():
    """How far some run has come."""
    return Progress(
        step=3,
        steps=9,
        share=1 / 3,
        size=(4, 4),
        loss=1.0,
        terms={},
        seconds=1.0,
        seconds_left=2.0,
        image=lambda: None,
        snapshot=lambda: None,
    )


@pytest.mark.parametrize("arguments", [["stylize", "no.jpg", "no.png"], ["stylize"]], ids=str)
@pytest.mark.parametrize("environment", [*PLAIN.values(), {"TERM": "xterm"}], ids=[*PLAIN, "full"])
def test_a_plain_terminal_gets_no_escapes(environment, arguments, tmp_path):
    command = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])", *COMMAND]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "cwd": tmp_path}
    shown = process(*arguments, command=command, env=environment, **options).stdout
    assert (b"\x1b" in shown) == (environment == {"TERM": "xterm"})
    assert b"Error" in shown


@pytest.mark.parametrize("environment", [*PLAIN.values(), {"TERM": "xterm"}], ids=[*PLAIN, "full"])
def test_a_plain_terminal_gets_lines_of_progress_at_once(environment, progress, monkeypatch):
    for name in SAID_OF_TERMINALS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    reader, terminal = pty.openpty()
    os.set_blocking(reader, False)
    with os.fdopen(terminal, "w") as stderr, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        with show_progress(quiet=False) as report:
            report(progress)
            shown = b"" if environment == {"TERM": "xterm"} else os.read(reader, 10_000)
        shown = shown or os.read(reader, 10_000)
    os.close(reader)
    assert (b"\x1b" in shown) == (environment == {"TERM": "xterm"})
    assert b"\x1b" in shown or re.match(rb"step 3/9  \S+ s left  \S+ s/step at 4 px  loss 1\r", shown)


@pytest.mark.parametrize(
    ("name", "charset", "shown"),
    [
        (b"a\xff.png", "utf-8", b"a\\udcff.png"),
        ("\u5199\u771f.png".encode(), "cp1252", b"\\u5199\\u771f.png"),
        ("\u5199\u00e9.png".encode(), "latin-1", b"\\u5199\xe9.png"),
        ("\u5199.png".encode(), "cp437", b"\\u5199.png"),
        ("\u5199.png".encode(), "utf-8", "\u5199.png".encode()),
    ],
)
def test_a_name_that_stdout_can_not_encode_is_escaped(name, charset, shown, pictures):
    photo, output = os.fsdecode(b"photo-" + name), os.fsdecode(name)
    (pictures / photo).write_bytes((pictures / "photo.jpg").read_bytes())
    result = run("stylize", photo, "painting.jpg", "-o", output, *RUN, charset=charset)
    assert (result.exit_code, result.stdout_bytes.strip()) == (0, shown)
    assert load_image(output).shape == (1, 40, 48, 3)


@pytest.mark.parametrize("command", ["info", "plot", "resume", "serve"])
def test_a_name_in_an_error_is_escaped_and_stays_in_its_line(command, tmp_path):
    result = run(command, os.fsdecode(b"no\xff\n\x1b.png"), charset="ascii")
    assert result.exit_code == 2
    assert r"no\udcff \x1b.png" in result.stderr and result.stderr.count("\n") == 1


@pytest.fixture
def painted(tmp_path, rng):
    """A painting's file."""
    provenance = Provenance(config=StyleConfig(), content="a" * 64, style="b" * 64, start=None, weights="c" * 64)
    save_image(tmp_path / "out.png", rng.random((4, 4, 3)), xmp=Metadata(provenance=provenance).xmp())
    return str(tmp_path / "out.png")


ANSWERS = [
    ["info"],
    ["info", "--json"],
    ["weights", "show"],
    ["weights", "check", "builtin"],
    ["--version"],
    ["--help"],
]


def completed(answer, painted):
    return [*answer, painted] if answer[0] == "info" else answer


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("answer", ANSWERS, ids=" ".join)
def test_an_answer_that_does_not_fit_on_the_disk_is_a_failure(answer, painted):
    with Path("/dev/full").open("w") as full:
        result = process(*completed(answer, painted), stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert result.stderr == "Error: The answer can't be written to the standard output: No space left on device.\n"


@pytest.mark.parametrize("answer", ANSWERS[:3], ids=" ".join)
@pytest.mark.parametrize("how", ["pipe", "none"])
def test_an_answer_that_nobody_can_read_is_a_failure(answer, how, painted):
    reader, writer = os.pipe()
    os.close(reader)
    command = COMMAND if how == "pipe" else ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND]
    with os.fdopen(writer, "w") as closed:
        result = process(*completed(answer, painted), command=command, stdout=closed, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: The answer can't be written to the standard output: ")
    assert result.stderr.count("\n") == 1


@pytest.fixture
def odd(pictures):
    """Pictures that are warned of: the profile of one, and the camera's notes of another."""
    with Image.open("photo.jpg") as photo:
        photo.save("photo.png", icc_profile=b"no profile at all")
        photo.save("style.png", exif=b"Exif\0\0garbage!!")
    return ["stylize", "photo.png", "style.png", "-o", "out.png", "--start", "photo.png", *RUN]


@pytest.mark.filterwarnings("default")
def test_a_warning_names_its_file_once(odd):
    lines = [line for line in run(*odd).stderr.splitlines() if line.startswith("Warning: ")]
    assert len(lines) == 2
    assert lines[0].startswith("Warning: photo.png: An embedded color profile can't be used")
    assert lines[1] == "Warning: style.png: Its EXIF data can't be read; the picture is not rotated."


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("more", [[], ["--weights", "auto", "--overwrite"]], ids=str)
def test_quiet_is_silent_whatever_there_is_to_warn_of(more, odd):
    result = run(*odd, *more, "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_no_temporary_folder_is_told_with_the_way_to_name_one(pictures):
    script = "import tempfile; tempfile._candidate_tempdir_list = list; from nst_tf_cli.app import app; app()"
    command = [sys.executable, "-c", script]
    result = process("stylize", "photo.jpg", "painting.jpg", *RUN, command=command, capture_output=True, text=True)
    assert result.returncode == 1 and not list(pictures.glob("*.png"))
    assert "name another, as in TMPDIR=/some/folder" in result.stderr and result.stderr.count("\n") == 1
    fetched = process("weights", "fetch", "--from", "index", command=command, capture_output=True, text=True)
    assert fetched.returncode == 1 and "TMPDIR=" in fetched.stderr and fetched.stderr.count("\n") == 1


def test_tensorflow_is_imported_without_matplotlib_and_without_collecting_garbage():
    script = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print('to collect:', len(gc.get_objects()) // 1000))\n"
        "from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow\n"
        "collections, last = [], []\n"
        "gc.callbacks.append(lambda phase, _: collections.append('tensorflow' in sys.modules))\n"
        "start_tensorflow()\n"
        "assert not any(collections), 'collected garbage during the import'\n"
        "assert gc.isenabled() and gc.get_freeze_count() > 100_000\n"
        "assert {'tensorflow', 'keras'} <= set(sys.modules) and 'matplotlib' not in sys.modules\n"
        "frozen = gc.get_freeze_count()\n"
        "start_tensorflow()\n"
        "assert gc.get_freeze_count() <= frozen\n"
        "import matplotlib.pyplot\n"
        "assert len(gc.get_objects()) > 5_000\n"
    )
    result = process(command=[sys.executable, "-c", script], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "to collect: 0\n", "")


def test_what_takes_a_while_is_said_before_it_begins(capsys):
    with show_working("Writing [a]"):
        assert capsys.readouterr().err == "Writing [a].\n"
    assert capsys.readouterr().err == ""
