"""Documents, cached pictures and tiny runs of the whole tool."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import nst_tf
from tools.compare_networks.__main__ import app
from tools.compare_networks.dead import dead_share
from tools.compare_networks.document import replaced_block, write_block
from tools.compare_networks.filters import filter_sheet
from tools.compare_networks.sheets import LARGEST_FILE, Tile, contact_sheet, save_jpeg
from tools.compare_networks.sources import Network, Source, write_he_network
from tools.compare_networks.textures import RATIO, Row, means, verdicts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a square and a wide picture, which holds the random networks between tests as well."""
    folder, rng = tmp_path_factory.mktemp("comparison"), np.random.default_rng(7)
    for name, size in (("square", (40, 40)), ("wide", (48, 36))):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).save(folder / f"{name}.png")
    return folder


def run(folder, *arguments):
    result = CliRunner().invoke(app, [*map(str, arguments), "--work", str(folder / "work")], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_only_what_is_between_the_markers_is_replaced():
    before, after = "# Title\r\n\n<!-- dead:begin -->", "<!-- dead:end -->\n  trailing  "
    text = f"{before}\nold\n<!-- note -->\n{after}"
    assert replaced_block(text, "dead", "| new |\n") == f"{before}\n\n| new |\n\n{after}"
    assert replaced_block(replaced_block(text, "dead", "a"), "dead", "a") == replaced_block(text, "dead", "a")


def test_missing_markers_are_added_and_broken_ones_refused(tmp_path):
    write_block(tmp_path / "page.md", "dead", "one")
    write_block(tmp_path / "page.md", "textures", "two")
    text = (tmp_path / "page.md").read_text()
    assert text.startswith("<!-- dead:begin -->\n\none\n\n<!-- dead:end -->\n\n<!-- textures:begin -->\n\ntwo")
    with pytest.raises(ValueError, match="once each"):
        replaced_block("<!-- dead:end --> <!-- dead:begin -->", "dead", "x")
    with pytest.raises(ValueError, match="once each"):
        replaced_block("<!-- dead:begin -->", "dead", "x")


def test_source_crops_by_fractions(folder):
    whole, crop = (Source.parse(f"{folder}/wide.png{box}") for box in ("", "@0.5,0.25,0.5,0.5"))
    assert np.array_equal(crop.load(), whole.load()[:, 9:27, 24:48])
    assert whole.key != crop.key
    assert crop.label == "wide@0.5,0.25,0.5,0.5"
    assert Source.parse("a@b/photo.jpg").path.name == "photo.jpg"
    for bad in ("0.5,0,0.6,1", "0,0,0,1", "1,2"):
        with pytest.raises(ValueError, match="a crop"):
            Source.parse(f"wide.png@{bad}")


def test_he_network_is_one_by_variance_and_not_smooth(folder):
    weights = nst_tf.load_weights(str(write_he_network(folder / "work", 0)))
    kernel = weights.arrays["block3_conv2/kernel"]
    assert len(weights.layers) == 16
    assert kernel.var() == pytest.approx(2 / (9 * 256), rel=0.01)
    assert abs(np.mean(kernel[0, 0] * kernel[0, 1])) < 0.01 * kernel.var()


def row(network, source, distance, ratio):
    names = ("spectrum", "color", "orientation", "autocorrelation")
    return Row(network=network, source=source, values=dict.fromkeys(names, distance) | {RATIO: ratio})


def test_verdicts_hold_the_candidate_to_the_proof():
    rows = [row("random", "a", 2.0, 9.0), row("builtin", "a", 1.5, 0.5), row("builtin", "b", 1.5, 2.0)]
    assert means(rows)["builtin"][RATIO] == pytest.approx(1)
    holds = [verdict.holds for verdict in verdicts(rows, candidate="builtin", baseline="random")]
    assert holds == [False, True, True, True, True, False]  # 25 % is too little; ratios hide each other in the mean
    assert verdicts(rows, candidate="imagenet", baseline="random") == []


def test_filter_sheet_shows_a_red_filter_red(tmp_path):
    kernel = np.zeros((3, 3, 3, 64), np.float32)
    kernel[:, :, 2, 9] = 0.01  # VGG-19 reads BGR
    np.savez(tmp_path / "red.npz", **{"block1_conv1/kernel": kernel, "block1_conv1/bias": np.zeros(64)})
    sheet = filter_sheet(Network.parse(f"red={tmp_path}/red.npz", work=tmp_path, seed=0))
    assert sheet.shape == (402, 402, 3)
    assert sheet[75, 75] == pytest.approx([1, 0.5, 0.5])
    assert sheet[25, 25] == pytest.approx(0.5)


def test_dead_filters_are_those_far_below_the_mean_maximum():
    assert dead_share(np.array([1.0, 1.0, 1.0, 2e-4], np.float32)) == 0.25
    assert dead_share(np.zeros(4, np.float32)) == 1


def test_a_sheet_that_is_too_large_is_reduced(tmp_path):
    noise = np.random.default_rng(0).uniform(0, 1, (1100, 1100, 3))
    save_jpeg(contact_sheet([[Tile(noise, "a caption that is long " * 9)]], side=1100), tmp_path / "noise.jpg")
    assert 0.6 * LARGEST_FILE < (tmp_path / "noise.jpg").stat().st_size <= LARGEST_FILE


@pytest.fixture(scope="module")
def textures(folder):
    """The arguments of a tiny run, and what it printed."""
    networks = ("--network", "random", "--network", "plain=he", "--candidate", "plain")
    pictures = (f"{folder}/square.png", f"{folder}/wide.png@0,0,1,0.9")
    document = ("--document", folder / "page.md")
    arguments = ("textures", *networks, *pictures, *document, "--size", 32, "--steps", 10)
    return arguments, run(folder, *arguments)


def test_textures_are_painted_measured_and_judged(folder, textures):
    _, output = textures
    text = (folder / "page.md").read_text()
    numbers = json.loads((folder / "page-textures.json").read_text())
    assert "4 pictures, 4 of them to paint" in output
    assert output.count("holds  ") + output.count("FAILS  ") == 6
    assert "| plain |" in text
    assert "![Sources and the textures of each network](page-textures.jpg)" in text
    assert len(numbers["rows"]) == 4
    assert all(each["values"][RATIO] > 10 for each in numbers["rows"])  # ten steps of untrained filters leave noise
    with Image.open(folder / "page-textures.jpg") as sheet:
        assert sheet.width > 3 * 32


def test_finished_pictures_are_not_painted_again(folder, textures):
    arguments, _ = textures
    before = {path: path.stat().st_mtime_ns for path in (folder / "work" / "cells").iterdir()}
    text = (folder / "page.md").read_text()
    assert "4 pictures, 0 of them to paint" in run(folder, *arguments)
    assert {path: path.stat().st_mtime_ns for path in (folder / "work" / "cells").iterdir()} == before
    assert (folder / "page.md").read_text() == text


def test_paintings_are_compared_with_their_photographs(folder):
    pictures = ("--content", folder / "square.png", "--style", folder / "wide.png")
    sizes = ("--size", 32, "--steps", 1)
    run(folder, "paintings", "--network", "plain=he", *pictures, "--document", folder / "page.md", *sizes)
    (entry,) = json.loads((folder / "page-paintings.json").read_text())
    assert 0.8 < entry["ssim"] < 1  # one step from the photograph is nearly the photograph
    assert f"| square | wide | {entry['ssim']:.2f} |" in (folder / "page.md").read_text()
    assert (folder / "page-paintings-1.jpg").exists()


def test_dead_filters_are_reported_for_every_layer(folder):
    run(folder, "dead", folder / "wide.png", "--network", "plain=he", "--document", folder / "page.md", "--size", 32)
    lines = [line for line in (folder / "page.md").read_text().splitlines() if line.startswith("| conv")]
    assert len(lines) == 16
    assert lines[0].startswith("| conv1_1 | 0.0% |")
