"""What is transparent does not count: against NumPy's weighted means, and in whole runs."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.objectives import targets_of, terms_of
from PIL import Image
from typer.testing import CliRunner

import nst_tf
from nst_tf import Picture, StyleConfig, Stylizer, feature_model
from nst_tf.config import NORMALIZATIONS
from nst_tf.images.picture import as_picture
from nst_tf.network.activation_normalization import mean_activations
from nst_tf_cli.app import app

LAYERS = {"content_layers": "conv3_1", "style_layers": "conv1_1,conv3_1"}
QUICK = {"weights": "random", "steps": 2, **LAYERS}


@pytest.fixture(scope="module")
def network():
    return feature_model(StyleConfig(**LAYERS).layers, weights="random", dtype="float64")


@pytest.fixture
def content(rng):
    return rng.random((1, 23, 30, 3))


@pytest.fixture
def style(rng):
    return rng.random((1, 26, 37, 3)) ** 2


@pytest.fixture
def alpha(rng):
    return rng.random((1, 23, 30, 1))


def pooled(alpha, layer):
    """NumPy's average over the pixels of each position, `(h, w)`."""
    side = {"block1_conv1": 1, "block3_conv1": 4}[layer]
    height, width = (length // side for length in alpha.shape[1:3])
    blocks = alpha[0, : height * side, : width * side, 0].reshape(height, side, width, side)
    return blocks.mean(axis=(1, 3))


def weighted_gram(features, weights):
    return np.einsum("hw,hwc,hwd->cd", weights, features, features) / weights.sum()


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_terms_are_weighted_means(normalization, network, content, style, alpha):
    config = StyleConfig(**LAYERS, normalization=normalization)
    veil = np.repeat(alpha, 2, axis=2)[:, :, :37].repeat(2, axis=1)[:, :26]
    alphas = {"content_alpha": tf.constant(alpha), "style_alpha": tf.constant(veil)}
    pictures = tf.constant(content), tf.constant(style)
    targets = targets_of(network, *pictures, config=config, **alphas)
    terms = terms_of(network, *pictures, config=config, **alphas)(tf.constant(content[:, ::-1]))
    of_image, of_content, of_style = (
        {name: value[0].numpy() for name, value in network(picture).items()}
        for picture in (content[:, ::-1], content, style)
    )
    off = pooled(alpha, "block3_conv1")[:, :, None] * (of_image["block3_conv1"] - of_content["block3_conv1"]) ** 2
    scale = pooled(alpha, "block3_conv1")[:, :, None] * of_content["block3_conv1"] ** 2
    mean = pooled(alpha, "block3_conv1").mean()
    expected = {
        "relative": off.sum() / scale.sum(),
        "paper": off.sum() / mean / 2,
        "mean": off.sum() / pooled(alpha, "block3_conv1").sum() / 2,
    }[normalization]
    np.testing.assert_allclose(terms.content, expected, rtol=1e-9)
    shares = []
    for name in ("block1_conv1", "block3_conv1"):
        gram = weighted_gram(of_image[name], pooled(alpha, name))
        wanted = weighted_gram(of_style[name], pooled(veil, name))
        np.testing.assert_allclose(targets.grams[name][0], wanted, rtol=1e-9)
        divisor = np.sum(wanted**2) if normalization == "relative" else 4 * len(gram) ** 2
        shares.append(np.sum((gram - wanted) ** 2) / divisor)
    np.testing.assert_allclose(terms.style, np.mean(shares), rtol=1e-9)


def grams_of(network, style, alpha=None):
    config = StyleConfig(**LAYERS)
    given = {} if alpha is None else {"style_alpha": tf.constant(alpha)}
    return targets_of(network, tf.constant(style), tf.constant(style), config=config, **given).grams


def test_half_that_is_transparent_leaves_the_grams_of_the_other(network, rng):
    """A border remains, where windows see the fill; without masks, half of each Gram matrix is the fill's."""
    half = rng.random((1, 96, 96, 3))
    alpha = np.concatenate([np.ones((1, 96, 96, 1)), np.zeros((1, 96, 96, 1))], axis=2)
    whole = as_picture("style", Picture(np.concatenate([half, 1 - half], axis=2), alpha)).image.astype(np.float64)
    alone, masked, plain = grams_of(network, half), grams_of(network, whole, alpha), grams_of(network, whole)
    for name, gram in alone.items():
        off, without = (float(tf.norm(each[name] - gram) / tf.norm(gram)) for each in (masked, plain))
        assert off < 0.07 and off < without / 5, (name, off, without)


def test_mean_activations_are_weighted_likewise(content, alpha):
    weights = nst_tf.load_weights("random").up_to("block3_conv1")
    measured = mean_activations(weights, [Picture(content.astype(np.float32), alpha)], pooling="average")
    filled = as_picture("content", Picture(content, alpha)).image
    features = feature_model(["conv3_1"], weights=weights)(filled)["block3_conv1"][0].numpy()
    expected = np.average(features, axis=(0, 1), weights=pooled(alpha, "block3_conv1"))
    np.testing.assert_allclose(measured["block3_conv1"], expected, rtol=1e-4)


@pytest.mark.parametrize("change", [{}, {"activations": "normalized"}, {"start": "style"}])
def test_color_of_hidden_pixels_changes_not_a_byte(change, content, style, rng):
    config = StyleConfig(**QUICK, size=32, **change)
    paintings = []
    for seed in (1, 2):
        hidden = [np.random.default_rng(seed).random(picture.shape) for picture in (content, style)]
        alphas = [np.ones((*picture.shape[:3], 1), np.float32) for picture in (content, style)]
        pictures = []
        for picture, other, alpha in zip((content, style), hidden, alphas, strict=True):
            alpha[:, :, 15:] = 0
            pictures.append(Picture(np.where(alpha > 0, picture, other), alpha))
        paintings.append(nst_tf.stylize(*pictures, config=config).image)
    np.testing.assert_array_equal(*paintings)


def test_opaque_pictures_take_the_trace_and_give_the_bytes_of_arrays(content, style):
    stylizer = Stylizer(StyleConfig(**QUICK, scales=1))
    plain = stylizer.stylize(content, style)
    opaque = [Picture(picture, np.ones((*picture.shape[:3], 1))) for picture in (content, style)]
    np.testing.assert_array_equal(stylizer.stylize(*opaque).image, plain.image)
    assert stylizer.traces == 1


def test_transparent_pictures_of_all_sizes_share_one_trace(content, style, alpha):
    stylizer = Stylizer(StyleConfig(**QUICK, size=48, scales=3))
    stylizer.stylize(Picture(content, alpha), style)
    stylizer.stylize(Picture(content[:, :20], alpha[:, :20]), style)
    assert stylizer.traces == 1


@pytest.mark.parametrize(
    ("alpha", "message"),
    [
        (np.zeros((1, 23, 30, 1)), "The content is fully transparent"),
        (np.ones((23, 30)), r"opacity of the content must have shape \(1, 23, 30, 1\).*got \(23, 30\)"),
        (np.full((1, 23, 30, 1), 255.0), r"must have shape .* and lie in \[0, 1\]"),
    ],
)
def test_opacity_that_is_none_is_named(alpha, message, content, style):
    with pytest.raises(ValueError, match=message):
        nst_tf.stylize(Picture(content, alpha), style, config=StyleConfig(**QUICK))


def test_command_line_passes_what_files_hide(pictures):
    results = []
    for name, color in (("a", (255, 0, 255)), ("b", (0, 255, 0))):
        for picture in ("photo", "painting"):
            with Image.open(f"{picture}.jpg") as file:
                veil = Image.new("L", file.size, 255)
                veil.paste(0, (0, 0, 20, 30))
                file.paste(color, (0, 0, 20, 30))
                file.putalpha(veil)
                file.save(f"{picture}-{name}.png")
        options = ["--weights", "random", "--steps", "2", "--scales", "1", "-o", f"{name}.png"]
        arguments = ["stylize", f"photo-{name}.png", f"painting-{name}.png", *options]
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        with Image.open(pictures / f"{name}.png") as painted:
            results.append(painted.tobytes())  # the files differ in the hashes of the pictures that they name
    assert results[0] == results[1]
