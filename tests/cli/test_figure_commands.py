"""`nst-tf reconstruct`, `texture` and `sweep`: pictures, contact sheets, and what a second run does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.command_line import run
from PIL import Image

from nst_tf import Picture, load_image
from nst_tf.config import StyleConfig
from nst_tf.sweeps import make_cells
from nst_tf_cli.sheets.contact_sheet import contact_sheet
from nst_tf_cli.sheets.panels import Panel

QUICK = ["--weights", "random", "--steps", "1", "--precision", "float32"]
SWEEP = ["photo.jpg", "painting.jpg", "--content-layers", "conv1_1", "--style-layers", "conv1_1", "--scales", "1"]


def test_reconstruct_saves_a_picture_per_layer_and_a_sheet(pictures):
    result = run("reconstruct", "photo.jpg", "--layers", "conv1_1,conv2_2", "--size", "32", *QUICK)
    assert result.exit_code == 0, result.output
    assert result.stdout == "photo-content.png\n"
    names = sorted(path.name.split("-")[0] for path in (pictures / "photo-content").iterdir())
    assert names == ["conv1_1", "conv2_2"]
    assert load_image("photo-content.png").shape[2] > 64
    assert "Painting 2 of 2 pictures on " in result.stderr and "step 2/2 " in result.stderr


def test_texture_is_one_picture_of_the_size_wanted(pictures):
    result = run("texture", "painting.jpg", "--size", "50x24", "--layers", "conv1_1", *QUICK)
    assert result.exit_code == 0, result.output
    assert load_image("painting-texture.png").shape == (1, 24, 50, 3)


@pytest.mark.parametrize(
    ("command", "layers", "painted"),
    [
        (("texture", "painting.jpg", "--size", "130x100"), "conv1_1,conv3_1", "painting-texture.png"),
        (("reconstruct", "photo.jpg", "--size", "130"), "conv2_1", "photo-content/*.png"),
    ],
)
def test_figures_in_blocks_are_those_painted_whole(command, layers, painted, pictures):
    images = []
    for block in ("whole", "80"):
        outcome = run(*command, "--layers", layers, "--block", block, "--overwrite", *QUICK, "--steps", "4")
        assert outcome.exit_code == 0, outcome.output
        (file,) = pictures.glob(painted)
        images.append(load_image(file))
        file.unlink()
    assert images[0].shape[2] == 130 and images[0].std() > 0.003
    np.testing.assert_allclose(*images, atol=1.5 / 255)


def test_cumulative_textures_are_the_growing_subsets(pictures):
    result = run(
        "texture", "painting.jpg", "--size", "32", "--layers", "conv1_1,conv1_2", "--cumulative", "-o", "a.jpg", *QUICK
    )
    assert result.exit_code == 0, result.output
    names = sorted(path.name.rsplit("-", 1)[0] for path in (pictures / "a").iterdir())
    assert names == ["style-conv1_1", "style-conv1_1+conv1_2"]


def test_sweep_paints_a_grid_and_skips_what_is_finished(pictures):
    first = run("sweep", *SWEEP, "--vary", "start=content,noise", "--vary", "ratio=0.1,1", "-o", "grid.png", *QUICK)
    assert first.exit_code == 0, first.output
    before = {path: path.stat().st_mtime_ns for path in (pictures / "grid").iterdir()}
    assert len(before) == 4
    again = run("sweep", *SWEEP, "--vary", "start=content,noise", "--vary", "ratio=0.1,1,10", "-o", "grid.png", *QUICK)
    assert again.exit_code == 2 and "grid.png exists" in again.stderr
    more = [
        *SWEEP,
        "--vary",
        "start=content,noise",
        "--vary",
        "ratio=0.1,1,10",
        "-o",
        "grid.png",
        "--overwrite",
        *QUICK,
    ]
    third = run("sweep", *more)
    assert "Painting 2 of 6 pictures" in third.stderr
    after = {path: path.stat().st_mtime_ns for path in (pictures / "grid").iterdir()}
    assert len(after) == 6 and before.items() <= after.items()


def key(content, style, *, alpha=None, **settings):
    (cell,) = make_cells(StyleConfig(**{"weights": "random", "precision": "float32", **settings}), {"history": [9]})
    return Panel(content=Picture(content, alpha), styles=[Picture(style, None)], cells=[cell]).file(cell, Path())


@pytest.mark.parametrize(
    "change",
    [{"steps": 3}, {"seed": 1}, {"weights": "builtin"}, {"start": "photo.jpg"}, {"style_layers": "conv1_1=2"}],
    ids=str,
)
def test_name_of_a_finished_picture_depends_on_every_setting(change, pictures, rng):
    content, style = (rng.random((1, 20, 20, 3)) for _ in range(2))
    assert key(content, style, **change) != key(content, style)


def test_name_of_a_finished_picture_depends_on_the_contents_of_files(pictures, rng):
    content, style = (rng.random((1, 20, 20, 3)) for _ in range(2))
    names = {key(content, style), key(style, content), key(content, style.reshape(1, 10, 40, 3))}
    names.add(key(content, style, alpha=content[:, :, :, :1]))
    before = key(content, style, start="photo.jpg")
    Image.new("RGB", (20, 20), "red").save("photo.jpg")
    assert len({*names, before, key(content, style, start="photo.jpg")}) == 6


def test_foreign_file_in_a_pictures_place_is_kept_and_named(pictures):
    arguments = ["reconstruct", "photo.jpg", "--layers", "conv1_1", "--size", "32", *QUICK]
    assert run(*arguments).exit_code == 0
    (picture,) = (pictures / "photo-content").iterdir()
    picture.write_bytes(b"precious")
    result = run(*arguments, "--overwrite")
    assert result.exit_code == 2 and f"{picture.name} is not a picture" in result.stderr
    assert picture.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reconstruct", "nothing.jpg"], "There is no picture nothing.jpg"),
        (["reconstruct", "photo.jpg", "--layers", "conv9_1"], "Unknown layer 'conv9_1'"),
        (["reconstruct", "photo.jpg", "--layers", "conv5_1", "--size", "10"], "shorter side of at least 16 px"),
        (["reconstruct", "photo.jpg", "-o", "no/out.png"], "There is no folder no"),
        (["texture", "painting.jpg", "--size", "12by9"], "WIDTHxHEIGHT such as 640x256; got '12by9'"),
        (["texture", "painting.jpg", "--size", "0x9"], "WIDTHxHEIGHT such as 640x256"),
        (["texture", "painting.jpg", "-o", "photo.jpg"], "photo.jpg exists"),
        (["sweep", "photo.jpg", "painting.jpg", "--vary", "seed"], "NAME=VALUE,VALUE"),
        (["sweep", "photo.jpg", "painting.jpg", "--vary", "seed=1", "--vary", "seed=2"], "not one twice"),
        (["sweep", "photo.jpg", "painting.jpg", "--vary", "start=gone.png"], "there is no gone.png"),
        (["sweep", "photo.jpg", "painting.jpg", "--vary", "size=9000,16000"], "GB are free; choose a smaller --size"),
        (["sweep", "photo.jpg", "painting.jpg", "-o", "photo.png", "--vary", "seed=1"], "photo is not a folder"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(arguments, message, pictures):
    (pictures / "photo").write_text("in the way of a folder")
    before = {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()}
    result = run(*arguments, "--quiet")
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ") and message in result.stderr
    assert result.stderr.count("\n") == 1 and result.stdout == ""
    assert {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()} == before


def test_interrupted_sweep_keeps_what_is_finished_and_goes_on(pictures):
    arguments = ["sweep", *SWEEP, "--vary", "steps=1,100000", "-o", "grid.png", *QUICK[:2]]
    process = subprocess.Popen(
        [sys.executable, "-m", "nst_tf_cli", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process.stderr:
        next(line for line in iter(process.stderr.readline, "") if line.startswith("step "))
        while not list(pictures.glob("grid/*.png")):
            process.stderr.readline()
        process.send_signal(signal.SIGINT)
        last = process.stderr.read().splitlines()[-1]
    assert process.wait(60) == 130
    assert "1 of 2 pictures are in grid; run it again" in last
    assert not (pictures / "grid.png").exists()


def test_figures_are_one_page_with_every_picture_in_it(pictures):
    Image.new("RGB", (40, 30), "navy").save("night & day.png")
    arguments = [
        "figures",
        "photo.jpg",
        "painting.jpg",
        "night & day.png",
        "-o",
        "out",
        "--size",
        "48",
        "--optimizer",
        "adam",
    ]
    arguments += ["--weights", "builtin", "--steps", "1"]
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    page = (pictures / "out" / "index.html").read_text()
    painted = len(list((pictures / "out").glob("*.png")))
    assert painted == 5 + 5 + 2 + 20 + 2 + 6 + 2 + 3 - 5  # one picture is in six figures, and painted once
    assert page.count("data:image/jpeg;base64,") == 3 + 45
    assert "night &amp; day" in page and "http" not in page and page.count("<figcaption>") == 9
    assert run(*arguments).exit_code == 2
    again = run(*arguments, "--overwrite")
    assert again.exit_code == 0 and "Painting 0 of 45 pictures" in again.stderr


def test_sheet_puts_every_picture_under_its_column_and_beside_its_row():
    colors = [[(1, 0, 0), (0, 1, 0), (0, 0, 1)], [(1, 1, 0), (0, 1, 1), (1, 0, 1)]]
    grid = [[np.full((1, 20, 30, 3), color, np.float32) for color in row] for row in colors]
    sheet = contact_sheet(grid, ["a", "b"], ["one", "two", "three"])[0]
    corners = []
    for color in (color for row in colors for color in row):
        ys, xs = np.nonzero(np.all(sheet == color, axis=2))
        assert len(ys) == 600 and (np.ptp(ys), np.ptp(xs)) == (19, 29)
        corners.append((int(ys.min()), int(xs.min())))
    assert corners == sorted(corners) and len({y for y, _ in corners}) == 2 and len({x for _, x in corners}) == 3
    unlabelled = contact_sheet(grid, ["", ""], ["", "", ""])[0]
    assert unlabelled.shape[0] < sheet.shape[0] and unlabelled.shape[1] < sheet.shape[1]


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        (["seed"], "--vary must be NAME=VALUE,VALUE,... such as seed=1,2,3; got 'seed'."),
        (["sed=1,2"], "There is no setting 'sed' to vary; did you mean seed?"),
        (["steps=a"], "--steps must vary over whole numbers; got 'a'."),
        (["seed=1", "steps=1", "size=32"], "--vary can be given once or twice, for rows and columns; got seed=1 and"),
    ],
)
def test_what_can_not_vary_is_said_in_one_line(vary, message, pictures):
    options = [word for each in vary for word in ("--vary", each)]
    result = run("sweep", "photo.jpg", "painting.jpg", *options)
    assert result.exit_code == 2 and result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert message in result.stderr
