import dataclasses
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from helpers.command_line import run

from nst_tf import StyleConfig, describe_painting, load_image, load_weights, read_metadata, save_image, stylize
from nst_tf.runs.metadata import Metadata
from nst_tf.runs.provenance import file_sha256

QUICK = ["--weights", "random", "--scales", "1", "--steps", "2"]
PAIR = ["photo.jpg", "painting.jpg"]


def painted(*arguments):
    result = run("stylize", *PAIR, *arguments)
    assert result.exit_code == 0, result.output
    return result


def changed(picture, **changes):
    """Copy a picture to example.png, with something else in its notes."""
    notes = dataclasses.replace(read_metadata(picture), **changes)
    save_image("example.png", load_image(picture), xmp=notes.xmp())
    return notes


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif"])
def test_run_repeated_from_its_own_metadata_gives_the_same_bytes(ending, pictures):
    few = ["--content-weight", "0.5", "--steps", "3", "--scales", "2", "--coarse-steps", "2", "--seed", "4"]
    painted("-o", f"first.{ending}", "--weights", "random", "--start", "noise", "--save-every", "4", *few)
    again = painted("-o", f"again.{ending}", "--like", f"first.{ending}", "--save-every", "4")
    assert "Not quite like" not in again.stderr
    for name in (f"{{}}.{ending}", f"{{}}-00004.{ending}"):
        first, second = ((pictures / name.format(run)).read_bytes() for run in ("first", "again"))
        assert first == second


def test_notes_say_what_it_was_painted_from_and_how_it_ended(pictures):
    painted("-o", "out.png", "--save-every", "1", "--precision", "auto", *QUICK)
    notes, early = read_metadata("out.png"), read_metadata("out-00001.png")
    assert notes.provenance == early.provenance
    assert notes.provenance.content == file_sha256(pictures / "photo.jpg")
    assert notes.provenance.weights == load_weights("random").sha256
    assert notes.provenance.config.precision in ("float32", "bfloat16")
    assert (notes.ending.steps, early.ending.steps, notes.ending.planned) == (2, 1, 2)
    assert (notes.ending.width, notes.ending.height) == (48, 40)
    assert 0 < notes.ending.loss < early.ending.loss
    config, terms = notes.provenance.config, notes.ending.terms
    weighted = sum(getattr(config, f"{name}_weight") * terms[name] for name in ("content", "style", "tv"))
    assert notes.ending.loss == pytest.approx(weighted, rel=1e-5)


def test_library_writes_what_the_command_line_does(pictures):
    painted("-o", "out.png", *QUICK)
    config = StyleConfig(weights="random", scales=1, steps=2)
    painting = stylize(load_image("photo.jpg"), load_image("painting.jpg"), config=config)
    save_image("mine.png", painting.image, xmp=describe_painting(painting, *PAIR).xmp())
    assert (pictures / "mine.png").read_bytes() == (pictures / "out.png").read_bytes()


def test_files_of_a_repeated_run_are_found_from_another_folder_or_named(pictures, monkeypatch):
    np.savez("net.npz", **load_weights("random").arrays)
    painted("-o", "first.png", "--start", "painting.jpg", "--scales", "1", "--steps", "2", "--weights", "net.npz")
    (pictures / "elsewhere").mkdir()
    monkeypatch.chdir(pictures / "elsewhere")
    result = run("stylize", "../photo.jpg", "../painting.jpg", "--like", "../first.png", "-o", "again.png")
    assert result.exit_code == 0, result.output
    assert (pictures / "elsewhere" / "again.png").read_bytes() == (pictures / "first.png").read_bytes()
    (pictures / "net.npz").unlink()
    result = run("stylize", "../photo.jpg", "../painting.jpg", "--like", "../first.png", "-q", "-o", "more.png")
    assert result.exit_code == 2 and result.stderr.count("\n") == 1
    assert f"there is no file {pictures / 'net.npz'}" in result.stderr


def test_single_options_and_other_pictures_win_over_the_example(pictures):
    painted("-o", "first.png", "--steps", "3", "--content-weight", "0.5", "--weights", "random", "--scales", "1")
    result = run("stylize", *reversed(PAIR), "--like", "first.png", "-o", "other.png", "--steps", "1", "--seed", "3")
    assert result.exit_code == 0 and "Not quite like" not in result.stderr
    config = read_metadata("other.png").provenance.config
    assert (config.steps, config.content_weight, config.weights, config.seed) == (1, 0.5, "random", 3)
    assert load_image("other.png").shape == (1, 44, 40, 3)  # a size that was not chosen is each photograph's own


def test_what_cant_be_the_same_is_told_in_one_line(pictures):
    painted("-o", "out.png", *QUICK)
    before = read_metadata("out.png")
    versions = {**before.provenance.versions, "keras": "1\x1b[2J"}
    provenance = dataclasses.replace(before.provenance, versions=versions, weights="0" * 64)
    changed("out.png", provenance=provenance, ending=dataclasses.replace(before.ending, steps=1))
    told = painted("--like", "example.png", "-o", "again.png").stderr.splitlines()[0]
    assert told.startswith("Not quite like example.png: ")
    assert f"weights (SHA-256): {'0' * 12}, now" in told and "it shows step 1 of 2" in told
    assert r"version of keras: 1\x1b[2J, now" in told
    assert painted("--like", "example.png", "-o", "quiet.png", "--quiet").output == ""


def test_example_needs_notes_and_no_preset_beside_it(pictures):
    result = run("stylize", *PAIR, "--like", "photo.jpg")
    assert result.exit_code == 2 and "photo.jpg has no nst-tf metadata" in result.stderr
    result = run("stylize", *PAIR, "--like", "photo.jpg", "--preset", "fast")
    assert result.exit_code == 2 and "--like brings all settings, and so does --preset" in result.stderr


@pytest.fixture
def noted(pictures):
    """A picture with notes of a run that nobody has made."""
    from nst_tf.runs.metadata import Outcome
    from nst_tf.runs.provenance import Provenance

    config = StyleConfig(steps=7, style_layers={"conv1_1": 0.25}, weights="/nets/\udcff.h5", precision="float32")
    provenance = Provenance(config=config, content="a" * 64, style="b" * 64, start=None, weights="c" * 64)
    ending = Outcome(steps=5, planned=7, width=48, height=40, loss=0.125, terms={"style": 0.5})
    notes = Metadata(provenance=provenance, ending=ending)
    save_image("noted.png", load_image("photo.jpg"), xmp=notes.xmp())
    return notes


def test_info_tells_first_what_is_not_the_default(noted):
    result = run("info", "noted.png")
    assert result.exit_code == 0
    sections = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert sections[1:] == [
        "Result:",
        "Options that are not the defaults (auto replaced by what it stood for):",
        "Options at their defaults:",
        "What the painting was optimized for, at the last step; less is closer:",
        "SHA-256 of what it was painted from:",
        "Versions that painted it:",
    ]
    own, usual = result.stdout.split("Options at their defaults:")
    rows = dict(line.split(None, 1) for line in own.splitlines() if line.startswith(" "))
    assert (rows["size"], rows["steps"]) == ("48x40 px", "5 of 7")
    assert (rows["--steps"], rows["--style-layers"]) == ("7", "conv1_1=0.25")
    assert rows["--weights"] == r"/nets/\udcff.h5"
    assert "--content-layers     conv4_2\n" in usual and f"photograph  {'a' * 64}\n" in usual
    assert re.search(r"  loss: all terms, times their weights +0\.125\n", usual)


def test_info_for_machines_is_all_of_it(noted):
    result = run("info", "noted.png", "--json")
    assert Metadata.from_json(result.stdout) == noted
    assert json.loads(result.stdout)["provenance"]["config"]["steps"] == 7


def test_info_of_a_failed_run_says_so(noted):
    changed("noted.png", ending=None)
    assert "the last good picture of a run that failed" in run("info", "example.png").stdout


@pytest.mark.parametrize("picture", ["photo.jpg", "nothing.png", "."])
def test_info_of_anything_else_is_one_line(picture, pictures):
    result = run("info", picture)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1 and result.stdout == ""


def test_info_does_without_tensorflow(noted):
    script = (
        "import sys; from nst_tf_cli.app import app\n"
        "try: app(['info', 'noted.png'])\n"
        "except SystemExit as end: assert not end.code\n"
        "sys.exit(str({'tensorflow', 'keras', 'h5py'} & set(sys.modules) or ''))"
    )
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **paths}, capture_output=True, text=True, check=False
    )
    assert "painted by nst-tf" in result.stdout and result.stderr.strip() == ""
