"""`nst-tf style`, and style files where a style picture is expected."""

import numpy as np
import pytest
from helpers.command_line import run
from helpers.jobs import interrupt, make_job, sha256

from nst_tf import load_image, load_style, read_metadata
from nst_tf.jobs.paint import paint
from nst_tf.runs.provenance import file_sha256

QUICK = ["--weights", "random", "--scales", "1", "--steps", "2"]


@pytest.fixture
def saved(pictures):
    """The fixture `pictures`, and painting.nst."""
    result = run("style", "save", "painting.jpg", "--weights", "random", "--size", "64")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("painting.nst  ") and result.stdout.endswith("MB, 23, 32, 45, 64 px\n")
    return pictures


def test_a_file_is_shown(saved):
    told = run("style", "show", "painting.nst").stdout.splitlines()
    assert told[1:4] == [
        "picture  40x44 px",
        "sizes    23, 32, 45, 64 px",
        "layers   conv1_1, conv2_1, conv3_1, conv4_1, conv5_1",
    ]
    assert told[4].startswith("weights  random, sha256 ") and told[5:] == ["pooling  average", "border   zero"]


def test_a_file_is_painted_from_noted_and_repeated(saved):
    for style, output in (("painting.nst", "file.png"), ("painting.jpg", "picture.png")):
        result = run("stylize", "photo.jpg", style, "-o", output, "--size", "64", "--precision", "float32", *QUICK)
        assert result.exit_code == 0, result.output
    assert np.abs(load_image("file.png") - load_image("picture.png")).mean() < 1e-3
    assert read_metadata("file.png").provenance.style == file_sha256(saved / "painting.nst")
    assert run("stylize", "photo.jpg", "painting.nst", "--like", "file.png", "-o", "again.png").exit_code == 0
    assert sha256("again.png") == sha256("file.png")


def test_a_file_is_known_by_its_content(saved):
    (saved / "painting.nst").rename(saved / "style.dat")
    assert run("stylize", "photo.jpg", "style.dat", "-o", "out.png", *QUICK).exit_code == 0


def test_a_run_from_a_file_is_resumed_to_the_same_bytes(saved):
    files = ["painting.jpg", "painting.nst"]
    paint(make_job(style=files))
    whole = sha256("out.png")
    (saved / "out.png").unlink()
    interrupt(5, style=files)
    assert run("resume", "run").exit_code == 0 and sha256("out.png") == whole


def test_sheets_and_textures_take_files(saved):
    result = run("sweep", "photo.jpg", "painting.nst", "--vary", "tv-weight=1,2", "-o", "sheet.png", *QUICK)
    assert result.exit_code == 0, result.output
    result = run("texture", "painting.nst", "--size", "48", "-o", "t.png", "--style-proportions", "own", *QUICK)
    assert result.exit_code == 2 and "No such option" in result.stderr
    result = run("texture", "painting.nst", "--size", "48", "-o", "t.png", *QUICK)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["stylize", "photo.jpg", "painting.nst", "--size", "100"],
            "holds its style up to 64 px, and this run measures",
        ),
        (["stylize", "photo.jpg", "painting.nst", "--preset", "paper"], "choose --style-proportions own"),
        (["stylize", "photo.jpg", "painting.nst", "--weights", "builtin"], "was saved with weights random"),
        (["stylize", "photo.jpg", "missing.nst"], "There is no style file missing.nst; check the name."),
        (["stylize", "photo.jpg", "fake.nst"], "fake.nst is damaged, or not a file of nst-tf"),
        (["stylize", "painting.nst", "painting.jpg"], "painting.nst is not a picture of a known format"),
        (["style", "show", "photo.jpg"], "photo.jpg is damaged, or not a file of nst-tf"),
        (["style", "show", "missing.nst"], "There is no style file missing.nst; check the name."),
        (["style", "save", "painting.jpg"], "painting.nst exists"),
        (["style", "save", "painting.nst", "-o", "new.nst"], "painting.nst is not a picture of a known format"),
        (["style", "save", "painting.jpg", "-o", "new.nst", "--size", "16"], "its shorter side must be 16 px or more"),
        (["style", "save", "painting.jpg", "-o", "no/new.nst"], "no folder no"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(arguments, reason, saved):
    (saved / "fake.nst").write_bytes(b"PK\x03\x04 and no more")
    before = {path.name for path in saved.iterdir()}
    result = run(
        *arguments, *(["--weights", "random"] if "--weights" not in arguments and "show" not in arguments else [])
    )
    assert result.exit_code == 2 and result.stderr.count("\n") == 1 and reason in result.stderr
    assert {path.name for path in saved.iterdir()} == before


def test_the_file_and_the_library_agree(saved):
    assert load_style("painting.nst").size == (44, 40)
