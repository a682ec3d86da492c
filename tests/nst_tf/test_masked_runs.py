"""Masks in whole runs, of the library and of the command line."""

import dataclasses
import functools
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from typer.testing import CliRunner

import nst_tf
from nst_tf import Picture, StyleConfig, Stylizer, feature_model
from nst_tf.block_functions import BlockFunctions
from nst_tf.block_gradients import BlockGradients
from nst_tf.config import NORMALIZATIONS, PROPAGATIONS
from nst_tf.gradients import value_and_gradient
from nst_tf.jobs.job import Job
from nst_tf.objective import make_objective, measure_content, measure_style, term_weights
from nst_tf.targets import Canvas, join_targets
from nst_tf_cli.app import app

LAYERS = {"content_layers": "conv3_1", "style_layers": "conv1_1,conv3_1"}
QUICK = {"weights": "random", "steps": 3, "scales": 1, **LAYERS}
CONFIG = StyleConfig(**QUICK)


@pytest.fixture(scope="module")
def stylizer():
    return Stylizer(CONFIG)


@pytest.fixture
def content(rng):
    return rng.random((1, 32, 40, 3), np.float32)


@pytest.fixture
def style(rng):
    return rng.random((1, 36, 33, 3), np.float32) ** 2


def left_and_right(image):
    halves = np.zeros((*image.shape[:3], 2), np.float32)
    middle = image.shape[2] // 2
    halves[:, :, :middle, 0] = halves[:, :, middle:, 1] = 1
    return halves


def white(image):
    return np.ones((*image.shape[:3], 1), np.float32)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_style_term_against_numpy(normalization, content, style, rng):
    config = StyleConfig(**LAYERS, normalization=normalization)
    network = feature_model(config.layers, weights="random", dtype="float64")
    regions = [rng.random((1, *image.shape[1:3], 2)) for image in (content, style)]
    image = rng.random(content.shape)
    of_content = measure_content(network, tf.constant(content, tf.float64), None, regions[0], config=config)
    of_style = measure_style(network, tf.constant(style, tf.float64), None, regions[1], config=config)
    targets = join_targets(of_content, of_style, region_weights=tf.constant([1.0, 0.5], tf.float64))
    terms = make_objective(network, config=config)(tf.constant(image), targets, term_weights(config))

    def gram(picture, mask, name, r):
        side = {"block1_conv1": 1, "block3_conv1": 4}[name]
        features = network(picture)[name][0].numpy()
        height, width = features.shape[:2]
        pooled = mask[0, : side * height, : side * width, r].reshape(height, side, width, side).mean(axis=(1, 3))
        return np.einsum("hw,hwc,hwd->cd", pooled, features, features) / pooled.sum()

    expected = 0
    for name, weight in config.style_layer_weights.items():
        for r, strength in ((0, 1.0), (1, 0.5)):
            found, wanted = gram(image, regions[0], name, r), gram(style, regions[1], name, r)
            divisor = np.sum(wanted**2) if normalization == "relative" else 4 * len(wanted) ** 2
            share = regions[0][..., r].mean()
            expected += weight * strength * share * np.sum((found - wanted) ** 2) / divisor
    np.testing.assert_allclose(terms.style, expected, rtol=1e-6)


def test_white_masks_equal_none(stylizer, content, style):
    plain = stylizer.stylize(content, style).image
    for pictures in (
        (Picture(content, None, white(content)), Picture(style, None, white(style))),
        (content, Picture(style, None, white(style))),
        (Picture(content, None, white(content)), style),
    ):
        config = dataclasses.replace(CONFIG, mask_edge=0)
        np.testing.assert_allclose(stylizer.stylize(*pictures, config=config).image, plain, atol=2e-4)


def test_regions_take_the_style_of_their_own_and_swapped_that_of_the_other(stylizer, content, rng):
    """The left half of the style is dark red, the right half light blue."""
    style = np.zeros((1, 40, 40, 3), np.float32) + rng.normal(0, 0.02, (1, 40, 40, 3)).astype(np.float32)
    style = (style + np.where(np.arange(40)[:, None] < 20, (0.4, 0.1, 0.1), (0.5, 0.8, 0.9))).clip(0, 1)
    style = style.astype(np.float32)
    halves, config = left_and_right(style), dataclasses.replace(CONFIG, steps=40, content_weight=0, learning_rate=0.03)
    photograph = Picture(content, None, left_and_right(content))
    runner = Stylizer(config)
    means = []
    for regions in (halves, halves[..., ::-1]):
        image = runner.stylize(photograph, Picture(style, None, regions), config=config).image
        means.append([image[0, :, :16].mean(axis=(0, 1)), image[0, :, 24:].mean(axis=(0, 1))])
    own, swapped = np.array(means)
    assert own[0, 0] - own[0, 2] > 0.1 and own[1, 2] - own[1, 0] > 0.1  # red on the left, blue on the right
    assert swapped[0, 2] - swapped[0, 0] > 0.05 and swapped[1, 0] - swapped[1, 2] > 0.05


def test_region_of_no_weight_is_not_changed(content, style):
    config = dataclasses.replace(CONFIG, region_weights=(0, 1), content_weight=0, tv_weight=0)
    pictures = (Picture(each, None, left_and_right(each)) for each in (content, style))
    image = nst_tf.stylize(*pictures, config=config).image
    np.testing.assert_allclose(image[:, :, :8], content[:, :, :8], atol=1e-5)
    assert np.abs(image - content)[:, :, 20:].mean() > 0.005


@pytest.mark.parametrize("propagation", PROPAGATIONS)
def test_blocks_add_up_to_the_whole(propagation, rng):
    config = StyleConfig(precision="float32", guide_propagation=propagation)
    network = feature_model(config.layers, weights="random")
    content, style, image = (
        tf.image.resize(rng.random((1, 14, 16, 3), np.float32), size) for size in ((176, 190), (150, 170), (176, 190))
    )
    regions = [tf.constant(left_and_right(each)) for each in (content, style)]
    canvas = Canvas(content, tf.constant(left_and_right(content)[..., :1]))
    blocks = BlockGradients(BlockFunctions(network, config), 96)
    whole = value_and_gradient(make_objective(network, config=config))
    by_whole = (functools.partial(each, network, config=config) for each in (measure_content, measure_style))
    found = []
    for (of_content, of_style), evaluate in (
        ((blocks.measure_content, blocks.measure_style), blocks.evaluate),
        (by_whole, whole),
    ):
        parts = of_content(content, None, regions[0]), of_style(style, None, regions[1])
        found.append(evaluate(image, join_targets(*parts, canvas=canvas), term_weights(config)))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=2e-5)
    off = np.linalg.norm(found[0][1] - found[1][1]) / np.linalg.norm(found[1][1])
    assert off < 1e-5
    assert not np.any(found[0][1][:, :, 95:])  # what is not painted has no gradient


def test_regions_of_all_sizes_share_one_trace(content, style):
    stylizer = Stylizer(dataclasses.replace(CONFIG, scales=3, size=48))
    for width in (40, 32):
        pictures = [Picture(each[:, :, :width], None, left_and_right(each[:, :, :width])) for each in (content, style)]
        stylizer.stylize(*pictures)
    assert stylizer.traces == 1


@pytest.mark.parametrize("change", [{}, {"start": "noise"}, {"optimizer": "lbfgs"}, {"scales": 3}, {"block": 80}])
def test_outside_of_a_lone_mask_nothing_changes(change, rng):
    content = rng.integers(0, 256, (1, 96, 120, 3)).astype(np.float32) / 255
    mask = np.zeros((1, 96, 120, 1), np.float32)
    mask[:, 20:70, 30:90] = 1
    seen = []
    image = nst_tf.stylize(
        Picture(content, None, mask),
        rng.random((1, 60, 60, 3), np.float32),
        config=dataclasses.replace(CONFIG, **change),
        callback=lambda now: seen.append(now.image()),
    ).image
    outside = np.broadcast_to(mask == 0, image.shape)
    for each in (image, seen[-1]):
        np.testing.assert_array_equal(each[outside], content[outside])
    changed = np.abs(image - content).max(axis=3)[0]
    assert changed[40:50, 50:70].mean() > changed[20, 30:90].mean() > 0  # the edge is soft, and inside


def test_region_that_is_lost_at_a_coarse_size_does_no_harm(content, style):
    tiny = np.zeros((1, 32, 40, 2), np.float32)
    tiny[:, :31, :39, 0] = tiny[:, 31:, 39:, 1] = 1  # a pixel in the corner that no pooling reaches
    pictures = Picture(content[:, :, :39], None, tiny[:, :, :39]), Picture(style, None, left_and_right(style))
    painting = nst_tf.stylize(*pictures, config=dataclasses.replace(CONFIG, scales=3))
    assert np.isfinite(painting.image).all() and np.isfinite(painting.loss)


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        (np.ones((32, 40)), r"regions of the content must have shape \(1, 32, 40, R\); got \(32, 40\)"),
        (np.full((1, 32, 40, 2), 2.0), r"must lie in \[0, 1\]; got 2 to 2"),
        (np.zeros((1, 32, 40, 1)), "have no pixels"),
        (np.ones((1, 32, 40, 2)), "content has 2 regions, and the style 0"),
    ],
)
def test_malformed_regions_are_refused(regions, message, content, style):
    with pytest.raises(ValueError, match=message):
        nst_tf.stylize(Picture(content, None, regions), style, config=CONFIG)


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def masks(pictures):
    with Image.open("photo.jpg") as photo, Image.open("painting.jpg") as painting:
        sizes = {"photo": photo.size, "painting": painting.size}
    for name, (width, height) in sizes.items():
        mask = Image.new("RGB", (width, height), "red")
        mask.paste("blue", (0, 0, width // 2, height))
        mask.save(f"{name}-mask.png")
        mask.convert("L").point(lambda level: 255 * (level < 50)).save(f"{name}-left.png")
    return pictures


QUICKLY = ["--weights", "random", "--steps", "2", "--scales", "1", "--style-layers", "conv1_1", "--quiet"]


def test_command_line_paints_in_place_and_keeps_the_rest(masks):
    result = run("stylize", "photo.jpg", "painting.jpg", "--content-mask", "photo-left.png", "-o", "a.png", *QUICKLY)
    assert result.exit_code == 0, result.output
    with Image.open("a.png") as painted, Image.open("photo.jpg") as photo:
        width = photo.width // 2
        right = [np.asarray(each)[:, width:] for each in (painted, photo)]
        np.testing.assert_array_equal(*right)
        assert np.any(np.asarray(painted)[:, :width] != np.asarray(photo)[:, :width])


def test_enlarged_result_is_the_photograph_outside(masks):
    options = ["--content-mask", "photo-left.png", "--size", "20", "--keep-size", "-o", "a.png", *QUICKLY]
    assert run("stylize", "photo.jpg", "painting.jpg", *options).exit_code == 0
    with Image.open("a.png") as painted, Image.open("photo.jpg") as photo:
        width = photo.width // 2
        np.testing.assert_array_equal(np.asarray(painted)[:, width:], np.asarray(photo)[:, width:])


def test_masks_are_recorded_and_resumed(masks):
    given = ["--content-mask", "photo-mask.png", "--style-mask", "painting-mask.png"]
    assert run("stylize", "photo.jpg", "painting.jpg", *given, "-o", "a.png", *QUICKLY).exit_code == 0
    provenance = nst_tf.read_metadata("a.png").provenance
    assert [len(provenance.content_mask), len(provenance.style_mask)] == [1, 1]
    text = run("info", "a.png").output
    assert "photograph mask 1" in text and "painting mask 1" in text
    again = run("stylize", "photo.jpg", "painting.jpg", "--like", "a.png", *given, "-o", "b.png", "--overwrite")
    assert again.exit_code == 0 and "Not quite like" not in again.output
    with Image.open("a.png") as one, Image.open("b.png") as other:
        assert one.tobytes() == other.tobytes()
    without = run("stylize", "photo.jpg", "painting.jpg", "--like", "a.png", "-o", "c.png")
    assert "content mask 1 (SHA-256)" in without.output and "now none" in without.output


def test_checkpoint_names_the_masks(masks):
    given = {"content_mask": "photo-left.png", "style_mask": ["painting-left.png"]}
    job = Job(content="photo.jpg", style="painting.jpg", output="a.png", checkpoint="folder", **given)
    values = json.loads(json.dumps(job.as_values()))
    again = Job.from_values(values, config=job.config, checkpoint=Path("folder"))
    assert again == job and again.content_mask == (Path("photo-left.png"),)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--content-mask", "none.png"], "none.png"),
        (["--content-mask", "photo.jpg", "--style-mask", "painting-mask.png"], "must have 1 to 16 flat colors"),
        (["--style-mask", "painting-left.png", "--style-mask", "painting-left.png"], "as many style masks as styles"),
        (["--content-mask", "photo-left.png", "-o", "photo-left.png", "--overwrite", "--checkpoint", "f"], "is read"),
    ],
)
def test_command_line_says_in_one_line_what_is_wrong(options, message, masks):
    result = run("stylize", "photo.jpg", "painting.jpg", *options, *QUICKLY)
    assert result.exit_code == 2
    assert message in result.output and result.output.count("\n") == 1, result.output
