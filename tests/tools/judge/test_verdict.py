"""Verdicts of pictures whose rank is known, with a random network, and tiny runs of the whole tool."""

import json

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from typer.testing import CliRunner

import nst_tf
from tools.judge.__main__ import app
from tools.judge.described import make_eye
from tools.judge.pictures import PAIRS, find_pairs, parse_pair
from tools.judge.report import TOLD, Judged, publish_medians
from tools.judge.variants import TRIED, VARIANTS, parse_variant
from tools.judge.verdict import CONTENT, STYLE, describe_pair, verdict

SIZE = (60, 80)


def picture(seed, sigma, tint):
    noise = np.random.default_rng(seed).standard_normal((*SIZE, 3))
    smooth = ndimage.gaussian_filter(noise, (sigma, sigma, 0))
    return np.clip(np.array(tint) + 0.15 * smooth / smooth.std(), 0, 1).astype(np.float32)


@pytest.fixture(scope="module")
def eye():
    return make_eye(nst_tf.load_weights("random"))


@pytest.fixture(scope="module")
def originals():
    """A photograph and a style."""
    return picture(0, 4, (0.4, 0.5, 0.6)), picture(1, 1.5, (0.6, 0.4, 0.2))


@pytest.fixture(scope="module")
def pair(eye, originals):
    return describe_pair(eye, *originals, size=SIZE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, originals):
    """The photograph, the style and a mixture of them as files."""
    folder = tmp_path_factory.mktemp("judge")
    for name, image in zip(("photo", "style", "mixed"), (*originals, sum(originals) / 2), strict=True):
        Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(folder / f"{name}.png")
    return folder


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)


def test_an_untouched_photograph_keeps_everything_and_gains_nothing(eye, pair, originals):
    found = verdict(eye(originals[0], SIZE), pair)
    assert found["style"] == pytest.approx(1)
    assert found["content"] == pytest.approx(0, abs=1e-4)
    assert found["sum"] == pytest.approx(1, abs=1e-4)
    assert found["edges"] == pytest.approx(1)
    assert found["foreign"] <= 1.0001


def test_the_style_in_the_photographs_place_is_all_style(eye, pair, originals):
    found = verdict(eye(originals[1], SIZE), pair)
    assert found["style"] < 0.05
    assert found["content"] == pytest.approx(1)
    assert found["gram"] == pytest.approx(0, abs=1e-6)
    assert found["w2"] == pytest.approx(0, abs=1e-4)
    assert found["color"] == pytest.approx(0, abs=1e-6)


def test_a_chequerboard_is_foreign_and_raises_the_sum(eye, pair, originals):
    board = np.indices(SIZE).sum(axis=0)[..., None] % 2 * 0.1
    clean, chequered = (verdict(eye(np.clip(originals[0] + each, 0, 1), SIZE), pair) for each in (0, board))
    assert chequered["foreign_2"] > 2 > clean["foreign_2"]
    assert chequered["artifacts"] >= chequered["artifact_2"] > clean["artifact_2"]
    assert chequered["sum"] > clean["sum"] + 0.5


def test_dots_of_another_hue_are_specks(eye, pair, originals):
    dotted = originals[0].copy()
    dotted[5::9, 5::9] = (1, 0, 1)
    assert verdict(eye(dotted, SIZE), pair)["specks"] > 2 > 1 >= verdict(eye(originals[0], SIZE), pair)["specks"]


def test_every_number_is_finite_for_a_flat_picture(eye, pair):
    found = verdict(eye(np.full((*SIZE, 3), 0.5, np.float32), SIZE), pair)
    assert np.isfinite(list(found.values())).all()
    assert {*STYLE, *CONTENT, "artifacts", "foreign", "grid", "specks", "style", "content", "sum"} <= set(found)


def test_style_is_judged_at_the_size_at_which_it_is_painted(eye, originals):
    assert describe_pair(eye, *originals, size=SIZE, style_scale=0.5).style.edges.shape == (30, 40)


def test_variants_are_spelled_as_on_the_command_line():
    variant = parse_variant("low=--preset best --style-layers conv1_1=1,conv2_1=.5", size=64, weights="random")
    assert (variant.name, variant.config.size, variant.config.weights) == ("low", 64, "random")
    assert variant.config.content_weight == nst_tf.preset("best").content_weight != nst_tf.StyleConfig().content_weight
    assert dict(variant.config.style_layers) == {"block1_conv1": 1, "block2_conv1": 0.5}
    assert parse_variant("small=--size 32", size=64, weights="random").config.size == 32
    assert [parse_variant(each, size=64, weights="random").name for each in VARIANTS] == ["fast", "balanced", "best"]


@pytest.mark.parametrize(
    "text", ["", "--steps 3", "a/b=--steps 3", "a=--stepz 3", "a=--steps 0", "a=--preset x", "a='"]
)
def test_what_is_no_variant_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_variant(text, size=64, weights="random")


def test_missing_pictures_are_named_in_one_line(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no tubingen\.jpg, starry_night\.jpg, .*--images") as failure:
        find_pairs(PAIRS, tmp_path)
    assert "scene.png" not in str(failure.value)
    assert "\n" not in str(failure.value)
    with pytest.raises(ValueError, match="CONTENT,STYLE"):
        parse_pair("photo.jpg")


def test_the_fixed_set_is_nine_pairs_of_the_shared_pictures(shared_images):
    assert len(set(find_pairs(PAIRS, shared_images))) == 9


def test_pictures_are_painted_once_judged_and_reported(folder):
    out = folder / "out"
    pictures = ("--images", folder, "--pair", "photo.png,style.png", "--weights", "random", "--judge-weights", "random")
    variants = ("--variant", "one=--steps 1", "--variant", "two=--steps 2 --style-scale 0.8")
    arguments = ("paint", *pictures, "--size", 64, *variants, "-o", out)
    first = run(*arguments)
    before = {path: path.stat().st_mtime_ns for path in out.glob("photo-*")}
    second = run(*arguments)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output.count("steps, loss") == 2
    assert "steps, loss" not in second.output
    assert {path: path.stat().st_mtime_ns for path in out.glob("photo-*")} == before
    numbers = json.loads((out / "judge.json").read_text())
    assert [each["variant"] for each in numbers["paintings"]] == ["one", "two"]
    assert all(each["seconds"] > 0 and (out / each["file"]).exists() for each in numbers["paintings"])
    assert numbers["judge"]["name"] == "random"
    assert isinstance(numbers["machine"]["bfloat16"], bool)
    report = (out / "judge.md").read_text()
    assert report.count("| one |") == report.count("| two |") == 2
    with Image.open(out / "sheet.jpg") as sheet:
        assert sheet.width > 4 * 64


def test_the_style_rates_above_the_mixture_by_style_and_below_by_content(folder):
    originals = ("--content", folder / "photo.png", "--style", folder / "style.png", "--judge-weights", "random")
    result = run("rate", *originals, folder / "style.png", folder / "mixed.png", "-o", folder / "rated")
    assert result.exit_code == 0, result.output
    style, mixed = json.loads((folder / "rated" / "judge.json").read_text())["paintings"]
    assert style["style"] < mixed["style"]
    assert style["content"] > mixed["content"]
    assert "photo + style: mixed  sum" in result.output


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("--variant", "a=--stepz 3"), "stepz"),
        (("--pair", "photo.png"), "CONTENT,STYLE"),
        (("--pair", "photo.png,gone.png"), "gone.png"),
        (("--variant", "a=--steps 1", "--variant", "a=--steps 2"), "different names"),
        (("--variant", "a=--steps 1", "--document", "page.md"), "FILE:NAME"),
    ],
)
def test_wrong_arguments_get_a_message(folder, arguments, wanted):
    good = ("--images", folder, "--pair", "photo.png,style.png") if arguments[0] != "--pair" else ("--images", folder)
    result = run("paint", *good, *arguments, "-o", folder / "none")
    assert result.exit_code == 2
    assert wanted in result.output
    assert not (folder / "none").exists()


def test_all_that_was_tried_is_different():
    configs = [parse_variant(text, size=64, weights="random").config for text in TRIED]
    assert len(set(configs)) == len(TRIED)
    assert nst_tf.StyleConfig(size=64, weights="random") not in configs


def test_medians_over_the_pairs_are_published_and_the_rest_of_the_page_stays(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Before.\n\n<!-- t:begin -->\nold\n<!-- t:end -->\n\nAfter.\n")
    judged = [
        Judged(
            content="photo",
            style=f"style {number}",
            variant="a",
            image=np.zeros((1, 1, 3), np.float32),
            measures=dict.fromkeys(TOLD[:-1], value),
            record={"seconds": 10 * value},
        )
        for number, value in enumerate((0.1, 0.2, 0.9))
    ]
    publish_medians(f"{page}:t", judged, size=64, weights="random")
    text = page.read_text()
    assert text.startswith("Before.") and text.rstrip().endswith("After.") and "old" not in text
    assert f"| `a` |{' 0.200 |' * (len(TOLD) - 1)} 2 |" in text and "over 3 pairs" in text


def test_a_picture_that_is_not_there_gets_a_message(folder):
    result = run("rate", "--content", folder / "gone.png", "--style", folder / "style.png", folder / "mixed.png")
    assert result.exit_code == 2
    assert "gone.png" in result.output
