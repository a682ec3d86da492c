"""Content alone, style alone, sweeps, and the paper's equations on real crops."""

import numpy as np
import pytest

import nst_tf
from nst_tf import StyleConfig, preset, transfer
from nst_tf.figures import texture
from nst_tf.images.picture import as_picture
from nst_tf.stylizer import compiled_settings

TINY = {"weights": "random", "steps": 2, "precision": "float32"}


@pytest.fixture
def content(rng):
    return rng.random((24, 32, 3)).astype(np.float32)


@pytest.fixture
def style(rng):
    return rng.random((1, 30, 20, 3)).astype(np.float32) ** 3


def psnr(image, target):
    return -10 * np.log10(np.mean((image - target) ** 2))


@pytest.mark.parametrize("weights", ["builtin", "random"])
def test_first_layer_gives_a_real_picture_back(weights, shared_images):
    content = nst_tf.load_image(shared_images / "tubingen.jpg")
    config = preset("paper", weights=weights, activations="unchanged", size=96, steps=60)
    painting = nst_tf.reconstruct(content, "conv1_1", config=config)
    assert psnr(painting.image, transfer.fit_pictures(content, content, config=config).content.image.numpy()) >= 30


def test_deeper_layers_give_less_back(shared_images):
    content = nst_tf.load_image(shared_images / "tubingen.jpg")[:, 300:556, 300:556]
    config = preset("paper", weights="builtin", activations="unchanged", size=48, steps=100)
    target = transfer.fit_pictures(content, content, config=config).content.image.numpy()
    quality = [
        psnr(nst_tf.reconstruct(content, f"conv{block}_1", config=config).image, target) for block in range(1, 6)
    ]
    assert quality == sorted(quality, reverse=True)


def test_reconstruction_knows_nothing_of_its_start_or_of_a_style(content):
    config = StyleConfig(**TINY, start="style", style_scale=3.0, style_weight=9.0)
    painting = nst_tf.reconstruct(content, "conv1_2", config=config)
    assert painting.config.layers == ("block1_conv2",)
    assert painting.terms["style"] == 0 and painting.config.start == "noise"


def test_texture_comes_a_hundred_times_closer_than_noise(shared_images):
    style = nst_tf.load_image(shared_images / "starry_night.jpg")
    seen = []
    config = preset("paper", weights="builtin", normalization="relative", activations="unchanged", size=96, steps=50)
    painting = nst_tf.synthesize_texture(style, config=config, callback=lambda now: seen.append(now.terms["style"]))
    assert painting.terms["style"] < seen[0] / 100
    assert painting.terms["content"] == 0


def test_texture_may_have_any_size_and_keeps_the_styles_scale(style):
    canvas, config = texture(style, size=(25, 60), config=StyleConfig(**TINY, style_proportions="content"))
    assert canvas.shape == (1, 25, 60, 3)
    assert transfer.fit_pictures(canvas, style, config=config).styles[0].image.shape == style.shape
    painting = nst_tf.synthesize_texture(style, size=(25, 60), config=StyleConfig(**TINY, style_layers="conv1_1"))
    assert painting.image.shape == (1, 25, 60, 3)


def test_texture_without_a_size_is_as_large_as_the_style_is_seen(style):
    canvas, config = texture(
        style, size=None, config=StyleConfig(**TINY, size=18, style_scale=0.5, style_layers="conv1_1")
    )
    assert canvas.shape == (1, 18, 12, 3) and config.style_scale == 0.5
    assert transfer.fit_pictures(canvas, style, config=config).styles[0].image.shape == (1, 9, 6, 3)


def test_sweep_paints_what_stylize_paints(content, style):
    config = StyleConfig(**TINY, content_layers="conv2_1", style_layers="conv1_1,conv2_1")
    swept = nst_tf.sweep(content, style, {"style_layers": ["cumulative"], "start": ["noise", "style"]}, config=config)
    assert [cell[:2] for cell in swept] == [
        (f"style {layers}", f"start {start}")
        for layers in ("conv1_1", "conv1_1 + conv2_1")
        for start in ("noise", "style")
    ]
    cell, painting = list(swept.items())[3]
    alone = nst_tf.stylize(content, style, config=cell.config)
    np.testing.assert_array_equal(painting.image, alone.image)


def test_cells_share_one_trace_where_the_settings_allow_it(content, style):
    config = StyleConfig(**TINY, content_layers="conv1_1", style_layers="conv1_2", activations="normalized")
    vary = {"ratio": [0.1, 0.2], "start": ["content", "noise"]}
    transfer.shared_stylizer.cache_clear()
    swept = nst_tf.sweep(content, style, vary, config=config)
    weights = transfer.weights_for(as_picture("content", content), [as_picture("style", style)], config)
    stylizer = transfer.shared_stylizer(weights, compiled_settings(config))
    assert len(swept) == 4 and transfer.shared_stylizer.cache_info().misses == 1
    assert stylizer.traces == 1


def test_cells_of_the_same_loop_are_painted_together(content, style):
    order = []
    vary = {"seed": [0, 1, 2], "pooling": ["average", "max"]}
    config = StyleConfig(**{**TINY, "weights": "builtin"}, content_layers="conv1_1", style_layers="conv1_1")
    nst_tf.sweep(content, style, vary, config=config, callback=lambda cell, _: order.append(cell.config.pooling))
    assert order == sorted(order)


def test_callback_ends_a_sweep(content, style):
    config = StyleConfig(**TINY, content_layers="conv1_1", style_layers="conv1_1")
    swept = nst_tf.sweep(content, style, {"seed": [0, 1, 2]}, config=config, callback=lambda *_: True)
    assert [painting.steps for painting in swept.values()] == [1]
