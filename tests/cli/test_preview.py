"""`nst-tf preview`: a sheet, and commands that can be pasted."""

import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from helpers.command_line import run
from PIL import Image

from nst_tf import StyleConfig, load_image, read_metadata
from nst_tf.runs.provenance import file_sha256
from nst_tf_cli.options.command_text import stylize_command

LAYERS = ["--content-layers", "conv1_1", "--style-layers", "conv1_1"]
QUICK = ["--weights", "random", "--preview-size", "16", *LAYERS]
LARGE = ["--size", "24", "--steps", "2", "--scales", "1"]
PAIR = ["photo.jpg", "painting.jpg"]


def test_a_sheet_and_a_command_for_every_cell(pictures):
    result = run("preview", *PAIR, *LARGE, *QUICK)
    assert result.exit_code == 0, result.output
    assert "photo-painting-preview.png shows them" in result.stderr
    sheet = load_image("photo-painting-preview.png")
    cells = {path.name.rpartition("-")[0]: load_image(path) for path in (pictures / "photo-painting-preview").iterdir()}
    assert len(cells) == 9 and "style-scale-0.5-content-weight-0.02" in cells
    assert {image.shape for image in cells.values()} == {(1, 13, 16, 3)}
    assert sheet.shape[1] > 3 * 13 and sheet.shape[2] > 3 * 16
    assert len(result.stdout.splitlines()) == 9


def test_a_command_paints_its_cell_large(pictures):
    printed = run("preview", *PAIR, *LARGE, *QUICK, "--seed", "3").stdout.splitlines()
    program, *arguments = shlex.split(printed[6])
    assert program == "nst-tf" and run(*arguments).exit_code == 0
    config = read_metadata("photo-painting-scale-2-content-0.02.png").provenance.config
    assert (config.style_scale, config.content_weight, config.size, config.seed) == (2.0, 0.02, 24, 3)
    assert (config.optimizer, config.steps, config.scales, config.style_layers) == (
        *("adam", 2, 1),
        (("block1_conv1", 1.0),),
    )
    assert load_image("photo-painting-scale-2-content-0.02.png").shape == (1, 20, 24, 3)
    outputs = [line.split()[-1] for line in printed]
    assert len(set(outputs)) == 9


def test_a_cell_is_what_stylize_paints_at_its_size(pictures):
    run("preview", *PAIR, *LARGE, *QUICK)
    (cell,) = Path("photo-painting-preview").glob("style-scale-2-content-weight-0.32-*.png")
    options = ["--style-scale", "2", "--content-weight", "0.32", "--size", "16", "--preset", "fast", "-o", "same.png"]
    assert run("stylize", *PAIR, *options, *LAYERS, "--weights", "random").exit_code == 0
    np.testing.assert_array_equal(load_image("same.png"), load_image(cell))


def test_a_second_preview_paints_only_what_is_new(pictures):
    run("preview", *PAIR, *LARGE, *QUICK)
    again = run("preview", *PAIR, *LARGE, *QUICK)
    assert again.exit_code == 2 and "photo-painting-preview.png exists" in again.stderr
    finer = run("preview", *PAIR, *LARGE, *QUICK, "--style-scale", "0.5", "--overwrite")
    assert "Painting 3 of 9 pictures" in finer.stderr


def test_several_styles_masks_files_and_transparency_are_in_sheet_and_commands(pictures):
    saved = run("style", "save", "painting.jpg", "--weights", "random", "--size", "64", "--style-layers", "conv1_1")
    assert saved.exit_code == 0, saved.output
    cut = np.zeros((40, 48, 4), np.uint8)
    cut[:, :30] = (200, 90, 30, 255)
    Image.fromarray(cut).save("cut out.png")
    Image.fromarray(np.uint8([[255, 0], [255, 0]])).resize((48, 40)).save("left.png")
    several = ["cut out.png", "photo.jpg", "painting.nst", "--content-mask", "left.png", "--style-scale", "1,0.5"]
    result = run("preview", *several, *LARGE, *QUICK, "--mask-edge", "3", "-o", "sheet.png")
    assert result.exit_code == 0, result.output
    arguments = shlex.split(result.stdout.splitlines()[0])[1:]
    assert run(*arguments).exit_code == 0
    found = read_metadata(arguments[-1]).provenance
    assert found.style == (file_sha256(pictures / "photo.jpg"), file_sha256(pictures / "painting.nst"))
    assert found.content == file_sha256(pictures / "cut out.png") and found.config.style_scale == (0.5, 0.25)
    assert "left.png" in arguments and found.config.mask_edge == 3
    (cell,) = Path("sheet").glob("style-scale-1-0.5-content-weight-0.08-*.png")
    assert load_image(cell).shape == (1, 13, 16, 3)


def test_a_scale_that_is_too_small_is_left_out_in_one_line(pictures):
    Image.new("RGB", (60, 4), "red").save("strip.png")
    result = run("preview", "photo.jpg", "strip.png", *LARGE, *QUICK, "--style-layers", "conv1_1,conv2_1")
    assert result.exit_code == 0, result.output
    assert "Leaving out style scale 0.5: At 16 px: The style would be 8x1 px" in result.stderr
    assert "Leaving out style scale 1: At 16 px: The style would be 16x1 px" in result.stderr
    assert len(result.stdout.splitlines()) == 3 and len(list((pictures / "photo-strip-preview").iterdir())) == 3


def test_quiet_prints_nothing(pictures):
    result = run("preview", *PAIR, *LARGE, *QUICK, "--quiet")
    assert (result.exit_code, result.output) == (0, "") and Path("photo-painting-preview.png").exists()


@pytest.mark.parametrize(
    "name", ["plain.jpg", "it's a photo.jpg", '$HOME `x` \\ "y".jpg', "-o.jpg", "two\nlines\t'\\n'.jpg", "\u202eé.jpg"]
)
def test_a_shell_reads_a_command_as_it_was_meant(name, tmp_path):
    command = stylize_command([Path(name), Path("b.jpg")], StyleConfig(), [("--output", Path("c d.png"))])
    assert command.isprintable()
    script = f"nst-tf() {{ printf '%s\\0' \"$@\"; }}; {command}"
    words = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout.decode().split("\0")[:-1]
    assert words == ["stylize", f"./{name}" if name.startswith("-") else name, "b.jpg", "--output", "c d.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["preview", "nothing.jpg", "painting.jpg"], "There is no picture nothing.jpg"),
        (["preview", *PAIR, "--preview-size", "10"], "At 10 px: The content would be 10x8 px"),
        (["preview", *PAIR, "--preview-size", "99999", "--size", "12"], "At 12 px: The content would be 12x10 px"),
        (["preview", *PAIR, "--normalization", "paper"], "choose --normalization relative or mean"),
        (["preview", *PAIR, "--style-scale", "1,2"], "one for each style; got 1, 2 for 1"),
        (["preview", *PAIR, "--start", "gone.png"], "there is no gone.png"),
        (["preview", *PAIR, "--preview-size", "16000", "--size", "16000"], "GB are free; choose a smaller --size"),
        (["preview", *PAIR, "-o", "photo.jpg"], "photo.jpg exists"),
        (["preview", *PAIR, "-o", "no/out.png"], "There is no folder no"),
        (["preview", *PAIR, "--content-mask", "nothing.png"], "nothing.png"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(arguments, message, pictures):
    before = {path: path.read_bytes() for path in pictures.iterdir()}
    result = run(*arguments, "--quiet")
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ") and message in result.stderr
    assert result.stderr.count("\n") == 1 and result.stdout == ""
    assert {path: path.read_bytes() for path in pictures.iterdir()} == before
