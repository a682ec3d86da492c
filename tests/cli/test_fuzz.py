"""Broken files and wrong command lines, the same ones every time; `make fuzz` tries ten times as many."""

import io
import random
import tempfile
import warnings
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import typer
from helpers import picture_files, raw_pictures, torch_archives
from helpers.fuzzing import CASES, cases, guarded, hold, mutated
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from nst_tf.images.box_files import HEIF, box_format, prepare
from nst_tf.images.decoding import BYTES_PER_PIXEL, READABLE, split_file
from nst_tf.images.reading import load_picture
from nst_tf.weights import package_index, quantized
from nst_tf.weights.sources import load_weights
from nst_tf.weights.torch_archive import read_tensors
from nst_tf_cli.app import app

prepare(HEIF)
PICTURES = [
    sample.data
    for format_, kind in picture_files.CELLS
    if kind not in ("odd sizes", "extreme proportions", *(f"orientation {number}" for number in range(2, 9)))
    for sample in picture_files.KINDS[kind](format_)
]
LAYER = {"kernel": np.zeros((3, 3, 3, 64), np.float32), "bias": np.zeros(64, np.float32)}


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def declared_pixels(data):
    """What a header promises, if it is one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            kind = box_format(data)
            with Image.open(io.BytesIO(split_file(data).picture), formats=[kind] if kind else READABLE) as file:
                return file.width * file.height
        except Exception:
            return 0


def promising_png():
    """After its pixels, which are whole, a chunk says that it has 2 GB."""
    data = raw_pictures.png(picture_files.picture(), color=2)
    return data[:-12] + b"\x7f\xff\xff\xffIDAT" + data[-12:]


@cases(0.6)
@example(data=promising_png())
@given(data=mutated(PICTURES))
def test_broken_pictures_are_read_or_refused_in_one_line(data, folder, capfd):
    hold(load_picture, folder / "picture", data, memory=BYTES_PER_PIXEL * declared_pixels(data))
    out, err = capfd.readouterr()
    assert out == "" and "Traceback" not in err  # libtiff adds lines of its own


def npz():
    stream = io.BytesIO()
    np.savez(stream, **{f"block1_conv1/{part}": values for part, values in LAYER.items()})
    return stream.getvalue()


def h5(names):
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for part, name in names.items():
            file[f"block1_conv1/{name}"] = LAYER[part]
    return stream.getvalue()


OLD_KERAS = h5({"kernel": "block1_conv1_W_1:0", "bias": "block1_conv1_b_1:0"})
NEW_KERAS = h5({"kernel": "vars/0", "bias": "vars/1"})


@cases(0.1)
@given(data=mutated([npz()]))
def test_broken_npz_weights_are_read_or_refused_in_one_line(data, folder, capfd):
    hold(load_weights, folder / "weights.npz", data)
    assert capfd.readouterr() == ("", "")


@cases(0.15)
@given(data=mutated([OLD_KERAS, NEW_KERAS]))
def test_broken_h5_weights_are_read_or_refused_in_one_line(data, folder, capfd):
    hold(load_weights, folder / "weights.h5", data)
    assert capfd.readouterr() == ("", "")


SMALL = {"q": np.arange(54, dtype=np.uint8).reshape(2, 3, 3, 3), "table": np.zeros(256, np.float32)}
ARCHIVE = torch_archives.archive(SMALL)


@cases(0.3)
@example(data=torch_archives.archive(SMALL, body=b"cposix\nsystem\n(" + torch_archives.text("touch fuzzed") + b"tR"))
@example(data=torch_archives.archive(SMALL, body=b"}r\xff\xff\xff\xff"))
@example(data=torch_archives.archive(SMALL, body=b"(" * 60_000))
@given(data=mutated([ARCHIVE]))
def test_broken_archives_of_tensors_are_read_or_refused_in_one_line(data, folder, capfd):
    hold(lambda path: read_tensors(path.read_bytes()), folder / "filters.bin", data)
    assert capfd.readouterr() == ("", "")


def wheel(data, **compression):
    stream = io.BytesIO()
    torch_archives.write_wheel(stream, data, **compression)
    return stream.getvalue()


@cases(0.15)
@example(data=wheel(bytes(package_index.MEMBER_SIZE), compression=zipfile.ZIP_DEFLATED))
@example(data=wheel(bytes(2**28), compression=zipfile.ZIP_DEFLATED))
@given(data=mutated([wheel(ARCHIVE), wheel(ARCHIVE, compression=zipfile.ZIP_DEFLATED)]))
def test_broken_wheels_are_read_or_refused_in_one_line(data, folder, capfd):
    hold(package_index.read_wheel, folder / "filters.whl", data)
    assert capfd.readouterr() == ("", "")


@pytest.fixture(scope="module")
def cached(folder):
    """Our file of the filters."""
    quantized.store(folder / "cached.npz", quantized.from_tensors(torch_archives.vgg19_tensors()))
    return (folder / "cached.npz").read_bytes()


def test_broken_files_of_our_cache_are_read_or_refused_in_one_line(cached, folder, capfd):
    """With 20 MB a case, by hand and few."""
    rng = random.Random(1)
    for _ in range(round(0.05 * CASES)):
        data, at = bytearray(cached), rng.choice([rng.randrange(300), len(cached) - 1 - rng.randrange(9000)])
        data[at] ^= 1 << rng.randrange(8)
        hold(quantized.load, folder / "broken.npz", data[: rng.choice([at, len(data)])], memory=2 * len(cached))
    assert capfd.readouterr() == ("", "")


COMMANDS = {
    "stylize": ["missing.jpg", "missing.png"],
    "reconstruct": ["missing.jpg"],
    "texture": ["missing.jpg"],
    "sweep": ["missing.jpg", "missing.png"],
    "preview": ["missing.jpg", "missing.png"],
    "figures": ["missing.jpg", "missing.png"],
    "plot": ["missing.json"],
    "weights normalize": ["missing.jpg"],
    "weights check": ["missing.h5"],
    "weights fetch": ["--from", "nowhere"],
}
"""Commands to what they are given: nothing that is there, so that none begins to paint."""

VALUES = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "16",
    "nan",
    "-inf",
    "1e400",
    "9" * 400,
    "0x10",
    "on",
    "None",
    "conv1_1",
    "conv1_1=nan",
]
VALUES += [
    "conv4_2,,",
    "size=",
    "seed=1,2",
    "=",
    "*",
    "x" * 5000,
    "é\u202e",
    "\udcff",
    "a\0b",
    "..",
    "/",
    "~",
    "out.png",
]
VALUES += ["out.jpg", "no/where.png", "/dev/null", "[red]", "'", "--", "-o"]


def options_of(command):
    """All options of a command but those that end it."""
    group = typer.main.get_command(app)
    for name in command.split():
        group = group.commands[name]
    names = [name for parameter in group.params for name in parameter.opts if name.startswith("-")]
    return [name for name in names if name != "--help"]


@st.composite
def command_lines(draw):
    command = draw(st.sampled_from(sorted(COMMANDS)))
    arguments = [*command.split(), *COMMANDS[command]]
    for _ in range(draw(st.integers(1, 4))):
        option = draw(st.sampled_from(options_of(command) or ["--quiet"]))
        value = draw(st.one_of(st.sampled_from(VALUES), st.text(max_size=8), st.floats().map(str)))
        arguments += draw(st.sampled_from([[option, value], [f"{option}={value}"], [option], [value]]))
    return arguments


@cases(0.15)
@given(arguments=command_lines())
def test_wrong_command_lines_are_refused_without_a_traceback(arguments, folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with guarded(folder):
            result = CliRunner().invoke(app, arguments)
    assert result.exit_code in (1, 2), (arguments, result.output)
    assert isinstance(result.exception, SystemExit), (arguments, result.exception)
    assert "Traceback" not in result.output and result.stdout == ""
    in_one_line = result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert in_one_line or "─ Error ─" in result.stderr, result.stderr  # the latter is Typer's own
