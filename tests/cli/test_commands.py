import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import typer
from helpers import raw_pictures
from helpers.command_line import run
from PIL import Image

from nst_tf import StyleConfig, __version__, load_image
from nst_tf.images.reading import load_picture
from nst_tf_cli.app import app

QUICK = ["--weights", "random", "--steps", "2", "--scales", "1"]


def test_stylize_paints_and_prints_where(pictures):
    result = run("stylize", "photo.jpg", "painting.jpg", "-o", "out.png", *QUICK)
    assert result.exit_code == 0, result.output
    assert result.stdout == "out.png\n"
    assert load_image("out.png").shape == (1, 40, 48, 3)


def test_one_short_line_says_what_is_painted(pictures):
    result = run("stylize", "photo.jpg", "painting.jpg", *QUICK)
    assert result.stderr.splitlines()[0] == "Painting 48x40 px in 2 steps on the CPU, network random"
    assert (pictures / "photo-painting.png").is_file()


def test_a_photograph_that_is_reduced_unasked_is_named(pictures):
    Image.open("photo.jpg").resize((600, 300)).save("large.jpg")
    result = run("stylize", "large.jpg", "painting.jpg", *QUICK)
    of = "Painting 512x256 px of 600x300 (--size sets another) in 2 steps on the CPU, network random"
    assert result.stderr.splitlines()[0] == of


def test_progress_is_plain_lines_without_a_terminal(pictures):
    result = run("stylize", "photo.jpg", "painting.jpg", *QUICK)
    assert re.search(r"^step 2/2  0 s left  \S+ s/step at 48 px  loss \S+$", result.stderr, re.MULTILINE)
    assert "\x1b" not in result.stderr


def test_quiet_says_nothing(pictures):
    result = run("stylize", "photo.jpg", "painting.jpg", "-o", "out.jpg", "--quiet", *QUICK)
    assert result.exit_code == 0
    assert result.output == ""
    assert (pictures / "out.jpg").is_file()


def test_demo_needs_no_arguments_but_a_place(pictures):
    result = run("demo", "--size", "32", "--steps", "1")
    assert result.exit_code == 0, result.output
    assert load_image("nst-tf-demo.png").shape == (1, 24, 32, 3)


def test_transparent_content_keeps_its_opacity(pictures):
    cut = Image.open("photo.jpg")
    cut.putalpha(Image.linear_gradient("L").resize(cut.size))
    cut.save("cut.png")
    assert run("stylize", "cut.png", "painting.jpg", "-o", "out.png", *QUICK).exit_code == 0
    np.testing.assert_allclose(load_picture("out.png").alpha, load_picture("cut.png").alpha, atol=0.01)


@pytest.mark.parametrize("size", ["32", "47", "60"])
def test_keeping_the_size_is_that_of_the_upright_photograph(size, pictures):
    """At 47, 48x40 is painted as 47x39."""
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open("photo.jpg") as photo:
        photo.save("turned.jpg", exif=exif)
    options = ["--size", size, "--keep-size", "--bit-depth", "16", "-o", "out.tif", *QUICK]
    assert run("stylize", "turned.jpg", "painting.jpg", *options).exit_code == 0
    with Image.open("out.tif") as file:
        assert file.size == (40, 48)
        assert file.tag_v2[258] == (16, 16, 16)


def broken_inputs(folder):
    (folder / "text.jpg").write_text("I am no picture")
    (folder / "short.jpg").write_bytes((folder / "photo.jpg").read_bytes()[:300])
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    (folder / "folder.png").mkdir()
    (folder / "mine.png").write_bytes(b"precious")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.jpg", "painting.jpg"], "There is no picture nothing.jpg"),
        (["photo.jpg", "folder.png"], "folder.png is a folder"),
        (["text.jpg", "painting.jpg"], "text.jpg is not a picture of a known format"),
        (["short.jpg", "painting.jpg"], "short.jpg can't be read"),
        (["dot.png", "painting.jpg"], "would be 1x1 px"),
        (["photo.jpg", "dot.png", "--style-scale", "0.1"], "The style would be 5x5 px"),
        (["photo.jpg", "painting.jpg", "--size", "8"], "shorter side of at least 16 px"),
        (["photo.jpg", "painting.jpg", "-o", "mine.png"], "mine.png exists"),
        (["photo.jpg", "painting.jpg", "-o", "folder.png"], "folder.png is a folder"),
        (["photo.jpg", "painting.jpg", "-o", "no/out.png"], "There is no folder no"),
        (["photo.jpg", "painting.jpg", "-o", "out.bmp"], "must end in .png"),
        (["photo.jpg", "painting.jpg", "-o", "out.jpg", "--bit-depth", "16"], "need a name that ends in .png, .tif"),
        (["photo.jpg", "painting.jpg", "--bit-depth", "12"], "must be 8 or 16; got 12"),
        (
            ["photo.jpg", "painting.jpg", "--steps", "0"],
            "steps must be a whole number from 1 to 1,000,000,000; got 0",
        ),
        (["photo.jpg", "painting.jpg", "--style-weight", "-1"], "--style-weight must be a finite number"),
        (["photo.jpg", "painting.jpg", "--tv-weight", "nan"], "--tv-weight must be a finite number"),
        (["photo.jpg", "painting.jpg", "--style-layers", "conv9_1"], "Unknown layer 'conv9_1'; VGG-19 has conv1_1"),
        (["photo.jpg", "painting.jpg", "--pooling", "l2"], "pooling must be one of average, max"),
        (["photo.jpg", "painting.jpg", "--weights", "net.h5"], "there is no file net.h5"),
        (["photo.jpg", "painting.jpg", "--weights", "photo.jpg"], "photo.jpg can't be read as VGG-19 weights"),
        (["photo.jpg", "painting.jpg", "--preset", "slow"], "one of fast, balanced, best, portrait, paper; got 'slow'"),
        (["photo.jpg", "painting.jpg", "--precision", "int8"], "precision must be one of auto, float32"),
        (["photo.jpg", "painting.jpg", "--scales", "9"], "9 scales would begin too small for the layers"),
        (["photo.jpg", "painting.jpg", "--size", "16000"], "GB are free; choose a smaller --size, or --force it"),
        (["photo.jpg", "painting.jpg", "--trace", "no/trace.json"], "There is no folder no for the trace"),
        (["photo.jpg", "painting.jpg", "--trace", "mine.png"], "mine.png exists"),
        (
            ["photo.jpg", "painting.jpg", "--start", "gray"],
            "start must be one of content, noise, style or a picture; there is no gray",
        ),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(arguments, message, pictures):
    broken_inputs(pictures)
    before = {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()}
    result = run("stylize", *arguments, "--quiet")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ") and message in result.stderr
    assert result.stderr.count("\n") == 1 and result.stdout == ""
    assert {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()} == before


def test_what_pillow_logs_of_a_damaged_file_is_not_shown(pictures):
    three, many = (struct.pack("<HHII", 277, 3, 1, samples) for samples in (3, 2048))
    Path("odd.tif").write_bytes(raw_pictures.tiff(np.zeros((4, 4, 3)), photometric=2).replace(three, many))
    command = [sys.executable, "-m", "nst_tf_cli", "stylize", "odd.tif", "painting.jpg"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.startswith("Error: odd.tif can't be read as a picture") and result.stderr.count("\n") == 1


def test_overwriting_needs_the_option(pictures):
    (pictures / "out.png").write_bytes(b"old")
    assert run("stylize", "photo.jpg", "painting.jpg", "-o", "out.png", "--overwrite", *QUICK).exit_code == 0
    assert load_image("out.png").shape == (1, 40, 48, 3)


def test_run_that_diverges_fails_with_one_line(pictures):
    result = run(
        "stylize",
        *("photo.jpg", "painting.jpg", "-q", *QUICK),
        *("--content-weight", "9e37", "--normalization", "paper", "--learning-rate", "0.02"),
    )
    assert result.exit_code == 1
    assert (
        result.stderr.startswith("Error: The loss is not finite at step 2: loss is inf;")
        and result.stderr.count("\n") == 1
    )


@pytest.fixture
def long_run(pictures):
    """A run of many steps in a process of its own, once it has reported a step; killed if it goes on for minutes."""
    command = [sys.executable, "-m", "nst_tf_cli", "stylize", "photo.jpg", "painting.jpg", "-o", "out.png"]
    process = subprocess.Popen(
        [*command, "--weights", "random", "--steps", "100000"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(180, process.kill)
    guard.start()
    with process.stderr:
        next(line for line in iter(process.stderr.readline, "") if line.startswith("step "))
        yield process
    process.kill()
    process.wait()
    guard.cancel()


def test_interrupt_saves_what_has_been_painted_even_by_a_double_tap(long_run):
    for _ in range(2):
        long_run.send_signal(signal.SIGINT)
        time.sleep(0.1)
    rest = long_run.stderr.read().splitlines()
    assert long_run.wait() == 130
    assert rest[-2].startswith("Stopping after this step")
    assert "Interrupted at step" in rest[-1]
    assert rest[-1].endswith("; out.png holds what was painted. With --checkpoint FOLDER, a run can be resumed.")
    assert load_image("out.png").shape == (1, 40, 48, 3)


def test_picture_that_appears_meanwhile_is_kept_and_so_is_the_painting(long_run, pictures):
    (pictures / "out.png").write_bytes(b"precious")
    long_run.send_signal(signal.SIGINT)
    rest = long_run.stderr.read().splitlines()
    assert long_run.wait() == 1
    assert (pictures / "out.png").read_bytes() == b"precious"
    refuge = rest[-1].split("The painting is in ")[1].removesuffix(".")
    assert load_image(refuge).shape == (1, 40, 48, 3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_nobody_listening_is_no_failure(stream, pictures):
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "nst_tf_cli", "stylize", "photo.jpg", "painting.jpg", "-o", "out.png", *QUICK],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
            **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: full},
        )
    assert result.returncode == 0
    assert load_image("out.png").shape == (1, 40, 48, 3)


def test_version():
    assert run("--version").stdout == f"nst-tf {__version__}\n"


GROUP = typer.main.get_command(app)
COMMANDS = [
    [],
    *([name] for name in GROUP.commands),
    *([group, name] for group in ("weights", "style") for name in GROUP.commands[group].commands),
]


def test_commands_keep_their_order():
    order = "stylize page preview batch resume demo info plot export serve request doctor config presets weights style"
    order += " reconstruct texture sweep figures"
    assert [" ".join(command) for command in COMMANDS if len(command) == 1] == order.split()
    of_groups = [command[1] for command in COMMANDS if len(command) == 2]
    assert of_groups == ["show", "fetch", "check", "normalize", "save", "show"]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_answers_without_importing_tensorflow(command):
    script = (
        "import sys; from nst_tf_cli.app import app\n"
        f"try: app({[*command, '--help']!r})\n"
        "except SystemExit as end: assert not end.code\n"
        "slow = {'tensorflow', 'keras', 'numpy', 'PIL', 'h5py', 'httpx', 'filelock'} & set(sys.modules)\n"
        "sys.exit(f'imports {slow}' if slow else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "--help" in result.stdout


def test_every_option_has_a_help_text_and_the_default_of_the_configuration(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    text = run("stylize", "--help").stdout
    for name in StyleConfig.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in text
    assert f"[default: {StyleConfig.steps}]" in text and f"[default: {StyleConfig.learning_rate}]" in text


def test_weights_show_lists_every_kind():
    result = run("weights", "show")
    assert result.exit_code == 0
    kinds = ["imagenet", "imagenet-8bit", "builtin", "random", "PATH", "auto", "auto"]
    assert [line.split()[0] for line in result.stdout.splitlines()] == kinds


def test_weights_check_prints_layers_and_hash(tmp_path):
    result = run("weights", "check", "random")
    assert result.exit_code == 0
    assert "16 convolutions, block1_conv1 to block5_conv4" in result.stdout
    assert len(result.stdout.split()[-1]) == 64
    bad = tmp_path / "bad.h5"
    bad.write_bytes(b"\x89HDF")
    assert run("weights", "check", bad).exit_code == 2


BAD_SETTINGS = [
    ["--content-weight", "0,3"],
    ["--style-weight", "-1"],
    ["--style-scale", "0,5"],
    ["--style-weights", "0,3"],
    ["--steps", "3.5"],
    ["--size", "10"],
    ["--size", "1e3"],
    ["--size", "99999"],
    ["--scales", "9"],
    ["--preset", "slow"],
    ["--color-map", "x"],
    ["--block", "3"],
    ["--style-layers", "conv1_1=x"],
    ["--style-layers", "conv1_1,conv1_1"],
    ["--content-layers", "conv4_2=-1"],
    ["--weights", "nothing.h5"],
    ["--start", "nothing.png"],
    ["--start", "mine.png"],
    ["--bit-depth", "9"],
    ["--output", "mine.png"],
    ["--trace", "photo.jpg", "--overwrite"],
    ["--trace", "mine.png"],
    ["--checkpoint-every", "3"],
    ["--beta-1", "1"],
    ["--stop-when", "2"],
    ["--region-weights", "1,2"],
    ["--content-mask", "photo.jpg", "--guide-propagation", "none"],
    ["--like", "photo.jpg"],
    ["--like", "mine.png", "--preset", "fast"],
    ["--config", "nothing.toml"],
]


@pytest.mark.parametrize("options", BAD_SETTINGS, ids=" ".join)
def test_messages_speak_of_options_not_of_arguments(options, pictures):
    broken_inputs(pictures)
    result = run("stylize", "photo.jpg", "painting.jpg", *options)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert not re.search(r"(?<![\w-])[a-z]+_[a-z_]+|[a-z_]+=(?!x)|[\[{(]'", re.sub(r"conv\d_\d", "", result.stderr))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--content-weight", "0,3"], "--content-weight must be a finite number"),
        (["--content-weight", "0,3"], "got 0,3. Write 0.3, with a point."),
        (["--style-scale", "0,5"], "got 0.0. Write 0.5, with a point."),
        (["--style-weights", "1,5"], "got 1, 5 for 1 of them. Write 1.5, with a point."),
        (
            ["--size", "10"],
            "The content would be 10x8 px, but conv5_1 needs a shorter side of at least 16 px; choose a",
        ),
        (["--size", "10"], "choose a size of at least 20, or"),
        (["--output", "mine.png"], "allow it to be replaced with --overwrite."),
        (["--preset", "slow"], "--preset must be one of"),
    ],
)
def test_messages_say_what_to_write(options, message, pictures):
    broken_inputs(pictures)
    result = run("stylize", "photo.jpg", "painting.jpg", *options)
    assert message in result.stderr


def test_the_least_size_that_is_named_suffices(pictures):
    result = run("stylize", "photo.jpg", "painting.jpg", "--style-scale", "0.5", "--size", "10")
    size = re.search(r"at least (\d+), or", result.stderr)[1]
    assert run("stylize", "photo.jpg", "painting.jpg", "--style-scale", "0.5", "--size", size, *QUICK).exit_code == 0
