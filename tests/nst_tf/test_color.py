"""The setting `color`, as functions and in whole runs."""

import colorsys
import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from helpers.command_line import run

import nst_tf
from nst_tf import Picture, Snapshot, StyleConfig, Stylizer
from nst_tf.color import as_painted, finished, gradient_as_painted, gray, luminance, recolored, with_chroma
from nst_tf.color_maps import Colors, map_moments
from nst_tf.config import COLORS
from nst_tf.scales.resizing import resize

QUICK = {"weights": "random", "precision": "float32", "steps": 3, "scales": 2, "coarse_steps": 2}
LAYERS = {"content_layers": "conv2_1", "style_layers": "conv1_1,conv2_1"}
MIXED = [color for color in COLORS if color != "style"]


@pytest.fixture
def content(rng):
    coarse = tf.constant(rng.random((1, 5, 6, 3)), tf.float32)
    return (0.25 + 0.5 * resize(coarse, (40, 48))).numpy()


@pytest.fixture
def style(rng):
    return rng.random((1, 44, 36, 3)).astype(np.float32) ** 3


def yiq(image):
    """Python's own YIQ, `(n, 3)`."""
    return np.array([colorsys.rgb_to_yiq(*pixel) for pixel in np.asarray(image, float).reshape(-1, 3)])


def test_luminance_is_that_of_yiq(content):
    np.testing.assert_allclose(luminance(tf.constant(content)).numpy().ravel(), yiq(content)[:, 0], atol=6e-3)
    red_green_blue = tf.reshape(tf.eye(3), (1, 1, 3, 3))
    np.testing.assert_allclose(luminance(red_green_blue).numpy().ravel(), [0.299, 0.587, 0.114])
    np.testing.assert_allclose(gray(tf.constant(content))[..., 2:], luminance(tf.constant(content)))


def test_chroma_is_the_photographs_where_it_exists_and_luminance_and_hue_are_everywhere(content, rng):
    image = rng.random((1, 40, 48, 3)).astype(np.float32)
    result = with_chroma(tf.constant(image), tf.constant(content)).numpy()
    level, own = (luminance(tf.constant(each)).numpy() for each in (image, content))
    whole = content + (level - own)
    inside = ((whole >= 0) & (whole <= 1)).all(axis=3)
    assert 0.2 < inside.mean() < 0.99 and result.min() >= 0 and result.max() <= 1
    np.testing.assert_allclose(result[inside], whole[inside], atol=1e-6)
    np.testing.assert_allclose(yiq(result)[inside.ravel(), 1:], yiq(content)[inside.ravel(), 1:], atol=1e-2)
    np.testing.assert_allclose(luminance(tf.constant(result)), level, atol=1e-6)
    left, right = (each - luminance(tf.constant(each)).numpy() for each in (result, content))
    np.testing.assert_allclose(np.cross(left, right), 0, atol=1e-6)  # one direction: one hue
    assert (np.sum(left * right, axis=3) >= 0).all()
    farther = level + 1.01 * left
    assert ((farther.min(axis=3) < 0.002) | (farther.max(axis=3) > 0.998) | inside).all()  # reduced no more than needed


def test_gray_and_extreme_colors_are_put_back_without_nan():
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1]), np.float32).reshape(3, -1).T.reshape(1, 2, 4, 3)
    for image in (corners, corners[:, ::-1], np.full_like(corners, 0.5)):
        result = with_chroma(tf.constant(image), tf.constant(corners)).numpy()
        assert np.isfinite(result).all() and result.min() >= 0 and result.max() <= 1
        np.testing.assert_allclose(luminance(tf.constant(result)), luminance(tf.constant(image)), atol=1e-6)


def test_style_has_the_photographs_statistics(content, style, rng):
    alpha = rng.random((1, 40, 48, 1)).astype(np.float32)
    one, other = Colors(tf.constant(style)), Colors(tf.constant(content), tf.constant(alpha))
    pixels, weights = content.reshape(-1, 3), alpha.ravel()
    in_luminance = recolored(one, other, "luminance", "pca").numpy()
    level = yiq(content)[:, 0]
    mean = np.average(level, weights=weights)
    assert np.ptp(in_luminance, axis=3).max() == 0
    np.testing.assert_allclose(in_luminance.mean(), mean, atol=5e-3)
    assert in_luminance.std() == pytest.approx(np.sqrt(np.average((level - mean) ** 2, weights=weights)), rel=0.05)
    np.testing.assert_array_equal(recolored(one, other, "match", "pca"), np.clip(map_moments(one, other, "pca"), 0, 1))
    by_histogram = recolored(one, other, "histogram", "pca").numpy()
    np.testing.assert_allclose(
        by_histogram.mean(axis=(0, 1, 2)), np.average(pixels, axis=0, weights=weights), atol=0.01
    )
    np.testing.assert_array_equal(recolored(one, other, "style", "pca"), style)


@pytest.mark.parametrize("color", COLORS)
def test_a_tensor_chooses_in_a_graph_what_a_word_does(color, content, style):
    @tf.function
    def chosen(color, image, style):
        return (
            recolored(Colors(style), Colors(image), color, "monge"),
            as_painted(image, color),
            gradient_as_painted(image, color),
            finished(image, lambda: image[:, ::-1], color),
        )

    images = tf.constant(content), tf.constant(style)
    for by_tensor, by_word in zip(chosen(tf.constant(color), *images), chosen(color, *images), strict=True):
        np.testing.assert_array_equal(by_tensor, by_word)
    assert chosen.experimental_get_tracing_count() == 2


def stylized(content, style, callback=None, start=None, **settings):
    config = StyleConfig(**QUICK | LAYERS | settings)
    return nst_tf.stylize(content, style, config=config, callback=callback, start=start, report_every=1)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_luminance_is_painted_alone_and_every_picture_has_the_photographs_chroma(optimizer, content, style):
    seen = []
    painting = stylized(content, style, color="luminance", optimizer=optimizer, callback=seen.append, start=style)
    pictures = [(painting.image, content), *((now.image(), resize(content, now.size).numpy()) for now in seen)]
    for image, photograph in pictures:
        inside = (image.min(axis=3) > 1e-4) & (image.max(axis=3) < 1 - 1e-4)
        left, right = (each - luminance(tf.constant(each)).numpy() for each in (image, photograph))
        np.testing.assert_allclose(left[inside], right[inside], atol=2e-6)
        assert inside.mean() > 0.5
    assert len(seen) == 5 and np.abs(painting.image - content).max() > 0.05
    for now in seen:
        raw = now.snapshot().state["image"]
        assert np.ptp(raw, axis=3).max() < 1e-6


@pytest.mark.parametrize("color", MIXED)
def test_a_run_resumed_ends_in_the_same_bytes(color, content, style, tmp_path):
    seen = []
    whole = stylized(content, style, color=color, callback=lambda now: seen.append(now.snapshot()))
    for each in seen[:4:2]:
        each.save(tmp_path / "run.npz")
        again = stylized(content, style, color=color, start=Snapshot.load(tmp_path / "run.npz"))
        np.testing.assert_array_equal(again.image, whole.image)
    assert np.abs(whole.image - stylized(content, style).image).max() > 0.02


def test_a_mapped_style_is_painted_like_a_style_of_these_colors(content, style):
    mapped = recolored(Colors(tf.constant(style)), Colors(tf.constant(content)), "match", "cholesky").numpy()
    config = {"scales": 1, "style_scale": 44 / 48, "normalization": "paper"}
    by_hand = stylized(content, mapped, **config)
    by_setting = stylized(content, style, color="match", color_map="cholesky", **config)
    np.testing.assert_allclose(by_setting.image, by_hand.image, atol=1e-5)


def test_maps_differ_and_all_colors_but_luminance_share_a_trace(content, style):
    stylizer, images = Stylizer(StyleConfig(**QUICK | LAYERS)), []
    changes = [
        {"color": "style"},
        {"color": "histogram"},
        *({"color": "match", "color_map": m} for m in ("pca", "monge")),
    ]
    for change in changes:
        images.append(stylizer.stylize(content, style, config=StyleConfig(**QUICK | LAYERS | change)).image)
    assert stylizer.traces == 1
    assert len({image.tobytes() for image in images}) == 4
    with pytest.raises(ValueError, match="make another for this color"):
        stylizer.stylize(content, style, config=StyleConfig(**QUICK | LAYERS, color="luminance"))


@pytest.mark.parametrize("color", MIXED)
def test_hidden_colors_do_not_count(color, content, style, rng):
    alpha = np.ones((1, 40, 48, 1), np.float32)
    alpha[:, :, 30:] = 0
    veil = (rng.random((1, 44, 36, 1)) > 0.4).astype(np.float32)
    other_content, other_style = np.where(alpha == 0, 1 - content, content), np.where(veil == 0, 0.9, style)
    first = stylized(Picture(content, alpha), Picture(style, veil), color=color)
    second = stylized(Picture(other_content, alpha), Picture(other_style, veil), color=color)
    np.testing.assert_array_equal(first.image, second.image)


POOR = {"gray": np.linspace(0, 1, 1920, dtype=np.float32).reshape(1, 40, 48, 1) * np.ones(3, np.float32)}
POOR["flat"] = np.full((1, 40, 48, 3), 0.3, np.float32)


@pytest.mark.parametrize("color", MIXED)
@pytest.mark.parametrize("name", POOR)
def test_gray_and_flat_pictures_are_painted(color, name, content, style):
    for pair in ((POOR[name], style), (content, POOR[name])):
        image = stylized(*pair, color=color).image
        assert np.isfinite(image).all() and image.min() >= 0 and image.max() <= 1
    if color == "luminance":
        assert np.ptp(stylized(POOR["gray"], style, color=color).image, axis=3).max() < 1e-5


def test_luminance_in_blocks_is_that_of_the_whole(rng):
    content, style = (np.kron(rng.random(shape), np.ones((18, 18, 1))) for shape in ((6, 8, 3), (7, 5, 3)))
    settings = {"color": "luminance", "scales": 1}
    whole, blocks = (stylized(content, style, block=block, **settings) for block in ("whole", 80))
    assert blocks.loss == pytest.approx(whole.loss, rel=1e-2)
    np.testing.assert_allclose(blocks.image, whole.image, atol=0.02)


def test_a_run_that_diverges_keeps_a_picture_in_the_photographs_chroma(content, style):
    with pytest.raises(nst_tf.DivergedError) as caught:
        stylized(content, style, color="luminance", tv_weight=1e38, learning_rate=1000.0)
    image = caught.value.image
    level = luminance(tf.constant(image)).numpy()
    np.testing.assert_allclose(image, with_chroma(tf.constant(image), tf.constant(content)), atol=1e-5)
    assert image.shape == content.shape and np.abs(image - level).max() > 0.05


def test_filters_are_normalized_on_the_pictures_as_painted(content, style):
    one, other = (stylized(content, style, activations="normalized", color=color) for color in ("style", "luminance"))
    assert np.abs(one.image - other.image).max() > 0.02


def test_figures_of_one_picture_ignore_it(content, style):
    config = StyleConfig(**QUICK, color="luminance")
    plain = dataclasses.replace(config, color="style")
    for made in (lambda config: nst_tf.reconstruct(content, "conv1_1", config=config),
                 lambda config: nst_tf.synthesize_texture(style, config=config)):  # fmt: skip
        np.testing.assert_array_equal(made(config).image, made(plain).image)


def test_command_line_paints_repeats_and_varies_it(pictures):
    pair = ["photo.jpg", "painting.jpg", "--weights", "random", "--steps", "2", "--scales", "1"]
    chosen = ["--color", "match", "--color-map", "cholesky"]
    assert run("stylize", *pair, *chosen, "-o", "a.png").exit_code == 0
    again = run("stylize", *pair[:2], "--like", "a.png", "-o", "b.png")
    assert again.exit_code == 0 and (pictures / "a.png").read_bytes() == (pictures / "b.png").read_bytes()
    noted = nst_tf.read_metadata("b.png").provenance.config
    assert (noted.color, noted.color_map) == ("match", "cholesky")
    swept = run("sweep", *pair, "--vary", "color=style,luminance,match,histogram", "-o", "sheet.png")
    assert swept.exit_code == 0, swept.output
    wrong = run("stylize", *pair, "--color", "sepia", "-o", "c.png")
    assert wrong.exit_code == 2
    assert "color must be one of style, luminance, match, histogram; got 'sepia'." in wrong.stderr
