"""Outputs that would take the place of each other, or of what is read."""

import pytest
from helpers.command_line import run

STYLIZE = ["stylize", "photo.jpg", "painting.jpg", "--weights", "random", "--steps", "2", "--scales", "1", "-q"]


@pytest.fixture
def linked(pictures):
    """Beside the pictures a folder, links to it and to results that are still to be painted, and a file."""
    (pictures / "place").mkdir()
    (pictures / "same").symlink_to("place")
    (pictures / "link.json").symlink_to("out.png")
    (pictures / "mine.png").write_bytes(b"precious")
    return pictures


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "out.png", "--trace", "out.png"], "--trace (out.png) is the same as --output (out.png)"),
        (["-o", "out.png", "--trace", "./place/../out.png"], "is the same as --output"),
        (["-o", "out.png", "--trace", "link.json"], "--trace (link.json) is the same as --output"),
        (["-o", "out.png", "--trace", "OUT.PNG"], "--trace (OUT.PNG) is the same as --output"),
        (["-o", "place/out.png", "--trace", "same/out.png"], "is the same as --output"),
        (["-o", "Stra\u00dfe.png", "--trace", "STRASSE.PNG"], "is the same as --output"),
        (["-o", "caf\u00e9.png", "--trace", "cafe\u0301.png"], "is the same as --output"),
        (["-o", "out.png", "--tensorboard", "out.png"], "--tensorboard (out.png) is the same as --output"),
        (["-o", "out.png", "--tensorboard", "out.png/logs"], "--tensorboard (out.png/logs) lies in --output"),
        (["-o", "place/out.png", "--tensorboard", "place"], "--output (place/out.png) lies in --tensorboard (place)"),
        (["-o", "place/finished.png", "--checkpoint", "same"], "--output (place/finished.png) lies in --checkpoint"),
        (["-o", "out.png", "--trace", "place/trace-000000002.json", "--checkpoint", "place"], "--trace (place/trace"),
        (["-o", "out.png", "--checkpoint", "run", "--tensorboard", "run"], "is the same as"),
        (["-o", "out.png", "--checkpoint", "run", "--tensorboard", "Run/logs"], "--tensorboard (Run/logs) lies in"),
        (["-o", "out.png", "--save-every", "1", "--trace", "out-00001.png"], "name that --save-every may give"),
        (["-o", "out.png", "--save-every", "1", "--tensorboard", "OUT-00001.png"], "name that --save-every may give"),
        (["-o", "out.png", "--save-every", "1", "--checkpoint", "out-00001.png"], "name that --save-every may give"),
        (["-o", "out.png", "--trace", "photo.jpg", "--overwrite"], "--trace (photo.jpg) is the photograph, which is"),
        (["-o", "out.png", "--trace", "mine.png", "--start", "mine.png", "--overwrite"], "is --start, which is read"),
        (["-o", "photo.jpg", "--overwrite", "--checkpoint", "run"], "--output (photo.jpg) is the photograph"),
    ],
)
def test_outputs_in_each_others_way_are_refused_before_painting(arguments, told, linked):
    before = {path: path.read_bytes() for path in linked.rglob("*") if path.is_file()}
    result = run(*STYLIZE, *arguments)
    assert result.exit_code == 2 and told in result.stderr and result.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in linked.rglob("*") if path.is_file()} == before
    assert not (linked / "run").exists()


@pytest.mark.parametrize("option", ["--trace", "--tensorboard", "--checkpoint"])
def test_what_is_no_file_or_no_folder_is_refused_before_painting(option, linked):
    wrong = "place" if option == "--trace" else "mine.png"
    result = run(*STYLIZE, "-o", "out.png", option, wrong, "--overwrite")
    assert result.exit_code == 2 and f"{wrong} is " in result.stderr and result.stderr.count("\n") == 1
    assert not (linked / "out.png").exists() and (linked / "mine.png").read_bytes() == b"precious"


def test_an_intermediate_does_not_replace_what_is_read(linked):
    (linked / "photo.jpg").rename(linked / "out-00001.jpg")
    command = ["out-00001.jpg" if each == "photo.jpg" else each for each in STYLIZE]
    result = run(*command, "-o", "out.jpg", "--save-every", "1", "--overwrite")
    assert result.exit_code == 2 and "the photograph (out-00001.jpg) has a name that --save-every" in result.stderr
