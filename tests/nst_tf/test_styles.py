"""Several styles: mixed targets against NumPy loops, and runs that mix."""

import numpy as np
import pytest

import nst_tf
from nst_tf import Picture, StyleConfig
from nst_tf.objective import measure_style
from nst_tf.pictures import Pictures, as_tensors, fit_to
from nst_tf.recipe import make_recipe, measure
from nst_tf.settings import shares_of
from nst_tf.styles import as_styles, mix_styles

CONFIG = StyleConfig(content_layers="conv4_2", style_layers="conv1_1,conv4_2")
QUICK = {"weights": "random", "steps": 3, "scales": 2, "content_layers": "conv3_1", "style_layers": "conv1_1,conv2_1"}


@pytest.fixture
def content(rng):
    return rng.random((40, 48, 3))


@pytest.fixture
def styles(rng):
    return [rng.random((1, 44, 36, 3)) ** 3, rng.random((1, 38, 52, 3)) ** 0.4]


def painted(content, style, **changes):
    return nst_tf.stylize(content, style, config=StyleConfig(**{**QUICK, **changes}))


def test_mixed_targets_are_the_mean_over_the_positions_of_all_styles(tiny_network, rng):
    pictures = [rng.random((1, *size, 3)) for size in ((12, 16), (10, 8), (14, 14))]
    shares = (0.5, 0.2, 0.3)
    mixed = mix_styles([measure_style(tiny_network, each, config=CONFIG) for each in pictures], shares)
    for layer in ("block1_conv1", "block4_conv2"):
        features = [tiny_network(each)[layer][0].numpy() for each in pictures]
        channels = features[0].shape[2]
        gram, square = np.zeros((channels, channels)), 0.0
        for each, share in zip(features, shares, strict=True):
            for position in each.reshape(-1, channels):
                weight = share / (each.shape[0] * each.shape[1])
                gram += weight * np.outer(position, position)
                square += weight * np.sum(position**2) / channels
        np.testing.assert_allclose(mixed.grams[layer][0], gram, rtol=1e-10)
        np.testing.assert_allclose(mixed.energy[layer], np.mean(gram**2), rtol=1e-10)
        if layer in CONFIG.content_layer_weights:
            np.testing.assert_allclose(mixed.feature_energy[layer], square, rtol=1e-10)


def test_one_style_is_returned_as_it_is(tiny_network, rng):
    measured = measure_style(tiny_network, rng.random((1, 12, 16, 3)), config=CONFIG)
    assert mix_styles([measured], (1.0,)) is measured


def test_shares_add_up_to_one_whatever_the_weights():
    assert shares_of(1.0, 3) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert shares_of((2.0, 1.0), 2) == pytest.approx((2 / 3, 1 / 3))
    assert shares_of((1e38, 1e38, 0.0), 3) == (0.5, 0.5, 0.0)


def test_the_same_style_twice_is_that_style(content, styles):
    alone, twice = painted(content, styles[0]), painted(content, [styles[0]] * 2, style_weights=(1, 3))
    np.testing.assert_allclose(twice.image, alone.image, atol=2e-3)
    assert twice.loss == pytest.approx(alone.loss, rel=1e-4)


def test_a_list_of_one_gives_the_same_bytes(content, styles):
    np.testing.assert_array_equal(painted(content, styles[:1]).image, painted(content, styles[0]).image)


def test_a_style_without_weight_does_not_show(content, styles):
    alone, mixed = painted(content, styles[0]), painted(content, styles, style_weights="1,0")
    np.testing.assert_allclose(mixed.image, alone.image, atol=2e-3)


def test_weights_draw_the_painting_from_one_style_to_the_other(content, styles):
    free = {"content_weight": 0.0, "style_layers": "conv1_1", "steps": 20, "learning_rate": 0.05}
    shown = [painted(content, styles, style_weights=each, **free).image.mean() for each in ((1, 0), (1, 1), (0, 1))]
    assert shown == sorted(shown) and shown[2] - shown[0] > 0.1


def test_each_style_is_measured_at_its_own_scale(content, styles):
    pictures = as_tensors(Picture(content[None]), as_styles(styles))
    sizes = [style.size for style in fit_to(pictures, (80, 96), StyleConfig(style_scale=(1, 0.5))).styles]
    assert sizes == [(96, 79), (35, 48)]
    scaled, other = (painted(content, styles, style_scale=each, size=96) for each in ("1,0.5", "0.5,1"))
    assert not np.array_equal(scaled.image, other.image)


def test_a_run_starts_from_the_first_of_the_styles(content, styles):
    still = {"start": "style", "learning_rate": 1e-9, "scales": 1, "steps": 1}
    both, first, second = (painted(content, each, **still).image for each in (styles, styles[0], styles[1]))
    np.testing.assert_allclose(both, first, atol=1e-6)
    assert np.abs(both - second).mean() > 0.1


@pytest.mark.parametrize("changes", [{"block": 80, "size": 128, "scales": 1}, {"optimizer": "lbfgs", "block": 80}])
def test_blocks_mix_as_the_whole_does(changes, content, styles):
    settings = {**changes, "size": 128, "scales": 1, "steps": 2, "style_weights": (3, 1)}
    whole, blocks = (painted(content, styles, **settings | more) for more in ({"block": "whole"}, {}))
    assert blocks.loss == pytest.approx(whole.loss, rel=1e-3)
    assert blocks.terms["style"] == pytest.approx(whole.terms["style"], rel=2e-3)


def test_transparent_parts_of_a_style_are_not_mixed_in(tiny_network, rng):
    images, alpha = [rng.random((1, 12, 16, 3)), rng.random((1, 10, 8, 3))], np.ones((1, 10, 8, 1))
    alpha[:, :, 5:] = 0
    config = StyleConfig(content_layers="conv1_1", style_layers="conv1_1")
    recipe = make_recipe(tiny_network, config)
    pictures = Pictures(Picture(images[0]), (Picture(images[0]), Picture(images[1], alpha)))
    gram = measure(recipe, pictures, (0.25, 0.75)).grams["block1_conv1"][0]
    whole, seen = (tiny_network(image)["block1_conv1"][0].numpy() for image in images)
    parts = [each.reshape(-1, 4) for each in (whole, seen[:, :5])]
    expected = sum(share * part.T @ part / len(part) for share, part in zip((0.25, 0.75), parts, strict=True))
    np.testing.assert_allclose(gram, expected, rtol=1e-10)


def test_filters_are_normalized_on_all_pictures(content, styles):
    mixed = painted(content, styles, activations="normalized")
    assert mixed.weights == "random (normalized)"
    assert not np.array_equal(mixed.image, painted(content, styles).image)


def test_all_mixtures_share_one_loop(content, styles):
    nst_tf.transfer.shared_stylizer.cache_clear()
    vary = {"style_weights": [(1, 0), (3, 1), (1, 1), (0, 1)]}
    found = nst_tf.sweep(content, styles, vary, config=StyleConfig(**QUICK))
    assert [cell.column for cell in found] == [f"style weights {each}" for each in ("1:0", "3:1", "1:1", "0:1")]
    assert nst_tf.transfer.shared_stylizer.cache_info().misses == 1


def test_several_styles_are_painted_by_the_loop_of_one(content, styles):
    stylizer = nst_tf.Stylizer(StyleConfig(**QUICK))
    for each in (styles[0], styles, [*styles, styles[0]]):
        stylizer.stylize(content, each)
    assert stylizer.traces == 1


def test_textures_are_mixed_too(styles):
    config = StyleConfig(**{**QUICK, "scales": 1, "size": 40}, style_scale=(1, 0.5))
    texture = nst_tf.synthesize_texture(styles, size=(32, 64), config=config)
    assert texture.image.shape == (1, 32, 64, 3)
    assert texture.config.style_scale == (40 / 64, 20 / 64)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"style_weights": (1, 2, 3)}, "style_weights must be one number, or one for each style; got 1, 2, 3 for 2"),
        ({"style_scale": (1, 2, 3)}, "style_scale must be one number, or one for each style; got 1, 2, 3 for 2"),
        ({"style_scale": "1,0.1", "size": 40, "style_layers": "conv5_1"}, "style 2 would be 4x3 px"),
    ],
)
def test_settings_for_another_number_of_styles_are_refused(changes, reason, content, styles):
    with pytest.raises(ValueError, match=reason):
        painted(content, styles, **changes)


@pytest.mark.parametrize("value", ["", "a", "1,,2", (), (1, -1), (0, 0), 0, (1, float("nan")), None, True])
def test_bad_weights_are_refused(value):
    with pytest.raises(ValueError, match="style_weights"):
        StyleConfig(style_weights=value)


@pytest.mark.parametrize("bad", [[], [np.zeros((4, 4, 3)), np.zeros((4, 4))]])
def test_what_is_no_style_is_refused(bad, content):
    with pytest.raises(ValueError, match="style"):
        painted(content, bad)
