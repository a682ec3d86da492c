"""Several styles on the command line: their files, shares and scales, and what a picture notes of them."""

import json

import numpy as np
import pytest
from helpers.command_line import run
from helpers.jobs import interrupt, make_job, sha256
from PIL import Image

from nst_tf import StyleConfig, describe_painting, load_image, read_metadata, save_image, stylize
from nst_tf.jobs.paint import paint, resume
from nst_tf.runs.provenance import Provenance, file_sha256

QUICK = ["--weights", "random", "--scales", "1", "--steps", "2"]
THREE = ["photo.jpg", "painting.jpg", "other.png"]
BOTH = ["painting.jpg", "other.png"]


@pytest.fixture
def three(pictures, rng):
    """The fixture `pictures`, and another style."""
    coarse = Image.fromarray(rng.integers(0, 120, (5, 7, 3), dtype=np.uint8))
    coarse.resize((52, 44), Image.Resampling.BICUBIC).save(pictures / "other.png")
    return pictures


def test_styles_are_mixed_and_noted_and_repeated_to_the_byte(three):
    options = ["--style-weights", "2,1", "--style-scale", "1,0.5", *QUICK]
    result = run("stylize", *THREE, *options)
    assert result.exit_code == 0, result.output
    assert result.stdout == "photo-painting-other.png\n"
    found = read_metadata("photo-painting-other.png").provenance
    assert found.style == tuple(file_sha256(three / name) for name in BOTH)
    assert (found.config.style_weights, found.config.style_scale) == ((2.0, 1.0), (1.0, 0.5))
    again = run("stylize", *THREE, "--like", "photo-painting-other.png", "-o", "again.png")
    assert again.exit_code == 0 and "Not quite like" not in again.stderr
    assert sha256("again.png") == sha256("photo-painting-other.png")
    told = run("info", "again.png").stdout
    assert "--style-weights  2.0,1.0" in told and f"painting 2  {file_sha256(three / 'other.png')}" in told
    assert json.loads(run("info", "again.png", "--json").stdout)["provenance"]["style"] == list(found.style)


def test_library_writes_what_the_command_line_does(three):
    run("stylize", *THREE, "-o", "out.png", *QUICK)
    config = StyleConfig(weights="random", scales=1, steps=2)
    painting = stylize(load_image("photo.jpg"), [load_image(name) for name in BOTH], config=config)
    save_image("mine.png", painting.image, xmp=describe_painting(painting, "photo.jpg", BOTH).xmp())
    assert sha256("mine.png") == sha256("out.png")


def test_one_style_is_noted_as_before(three):
    run("stylize", *THREE[:2], "-o", "out.png", *QUICK)
    values = json.loads(run("info", "out.png", "--json").stdout)["provenance"]
    assert values["style"] == file_sha256(three / "painting.jpg")
    del values["config"]["style_weights"]  # which a picture painted earlier does not have
    assert Provenance.from_values(values).styles == (values["style"],)


def test_a_mixed_run_is_resumed_to_the_same_bytes(three):
    paint(make_job(style=BOTH))
    whole = sha256("out.png")
    (three / "out.png").unlink()
    interrupt(5, style=BOTH)
    assert run("resume", "run").exit_code == 0
    assert sha256("out.png") == whole


def test_a_run_is_not_resumed_with_another_second_style(three):
    interrupt(5, style=BOTH)
    Image.open("photo.jpg").save(three / "other.png")
    with pytest.raises(ValueError, match=r"style 2 \(SHA-256\): .*, now "):
        resume(three / "run")


def test_five_mixtures_are_one_sheet(three):
    vary = ["--vary", "style-weights=1:0,3:1,1:1,1:3,0:1"]
    result = run("sweep", *THREE, *vary, "-o", "sheet.png", *QUICK)
    assert result.exit_code == 0, result.output
    names = sorted(path.name.rpartition("-")[0] for path in (three / "sheet").iterdir())
    assert names == [f"style-weights-{each}" for each in ("0-1", "1-0", "1-1", "1-3", "3-1")]


def test_a_texture_of_two_styles(three):
    result = run("texture", *BOTH, "--size", "48", "-o", "texture.png", "--layers", "conv1_1", *QUICK)
    assert result.exit_code == 0, result.output
    assert len(read_metadata("texture.png").provenance.styles) == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--style-weights", "1,2,3"], "--style-weights must be one number, or one for each style; got 1, 2, 3 for 2"),
        (["--style-scale", "1,2,3"], "--style-scale must be one number, or one for each style; got 1, 2, 3 for 2"),
        (["--style-weights", "1,x"], "--style-weights must be a number, or one for each style as in 2,1; got 'x'"),
        (["--style-weights", "0,0"], "--style-weights must have a number above 0; got 0.0, 0.0"),
        (["missing.jpg"], "There is no picture missing.jpg"),
        (["--trace", "other.png"], "other.png"),
    ],
)
def test_wrong_input_is_told_in_one_line(arguments, reason, three):
    before = sha256("other.png")
    result = run("stylize", *THREE, *arguments, *QUICK)
    assert result.exit_code == 2 and result.stderr.count("\n") == 1 and reason in result.stderr
    assert sha256("other.png") == before


def test_a_style_that_is_read_is_not_overwritten(three):
    result = run("stylize", *THREE, "-o", "other.png", "--overwrite", "--checkpoint", "run", *QUICK)
    assert result.exit_code == 2 and "the painting 2" in result.stderr
