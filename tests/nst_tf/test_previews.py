"""Which small pictures predict which large ones, and that they do."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from nst_tf import Picture, StyleConfig, load_style, save_style, stylize
from nst_tf.presets import preset
from nst_tf.previews import plan_preview

LARGE = StyleConfig(size=1024)


def picture(height, width):
    return Picture(np.full((1, height, width, 3), 0.5, np.float32))


def plan(config=LARGE, *, style=(480, 640), size=192, count=1):
    return plan_preview(picture(300, 400), [picture(*style)] * count, config, size=size)


def test_scales_go_down_and_weights_across():
    found = plan().previews
    assert [each.cell[:2] for each in found] == [
        (f"style scale {scale}", f"content weight {weight}")
        for scale in ("0.5", "1", "2")
        for weight in ("0.02", "0.08", "0.32")
    ]
    varied = [(scale, weight) for scale in (0.5, 1.0, 2.0) for weight in (0.02, 0.08, 0.32)]
    for (cell, large), (scale, weight) in zip(found, varied, strict=True):
        assert large == StyleConfig(size=1024, style_scale=scale, content_weight=weight)
        assert cell.config == preset("fast", size=192, style_scale=scale, content_weight=weight, mask_edge=1)


def test_the_settings_of_the_large_picture_are_the_middle():
    config = preset("best", size=2048, style_scale=(1, 0.3), scales=2, stop_when=0.1, mask_growth=-64, tv_weight=3)
    found = plan(config, count=2, size=256).previews
    assert found[4].large == config
    assert found[4].cell.row == "style scale 1:0.3"
    assert [each.large.style_scale for each in found[::3]] == [(0.5, 0.15), (1, 0.3), (2, 0.6)]
    small = found[4].cell.config
    assert (small.scales, small.stop_when, small.mask_growth, small.tv_weight) == (None, None, -8, 3)


def test_a_small_result_is_its_own_preview():
    assert {each.cell.config.size for each in plan(StyleConfig(size=100), size=192).previews} == {100}


def test_without_content_there_is_one_column():
    found = plan(StyleConfig(size=512, content_weight=0)).previews
    assert [each.cell.column for each in found] == ["content weight 0"] * 3


@pytest.mark.parametrize(
    ("config", "style", "left", "reason"),
    [
        (LARGE, (60, 400), ["style scale 0.5"], "At 192 px: The style would be 96x14 px"),
        (StyleConfig(size=1024, style_scale=8), (480, 640), ["style scale 16"], "of at most 10; got 16.0"),
        (LARGE, (40, 400), ["style scale 0.5"], "At 192 px: The style would be 96x10 px"),
    ],
)
def test_a_scale_that_cant_be_painted_is_left_out_with_a_reason(config, style, left, reason):
    found = plan(config, style=style)
    assert list(found.left_out) == left and reason in found.left_out[left[0]]
    assert [each.cell.row for each in found.previews].count(left[0]) == 0 and len(found.previews) == 6


@pytest.mark.parametrize(
    ("config", "arguments", "reason"),
    [
        (StyleConfig(size=1024, normalization="paper"), {}, "choose normalization relative or mean"),
        (LARGE, {"size": 20}, "At 20 px: The content would be 20x15 px"),
        (StyleConfig(size=512, style_weights=(1, 2)), {}, "one for each style; got 1, 2 for 1"),
        (LARGE, {"style": (5, 400)}, "At 192 px: The style would be 192x2 px"),
    ],
)
def test_what_holds_for_every_scale_is_an_error(config, arguments, reason):
    with pytest.raises(ValueError, match=reason):
        plan(config, **arguments)


def test_a_style_files_sizes_hold_for_the_large_picture(tmp_path, rng):
    style = Picture(rng.random((1, 64, 64, 3), np.float32))
    config = StyleConfig(weights="random", style_layers="conv1_1", content_layers="conv1_1")
    save_style(tmp_path / "a.nst", style, config=config, size=128)
    saved = load_style(tmp_path / "a.nst")
    found = plan_preview(picture(64, 64), [saved], dataclasses.replace(config, size=128), size=32)
    assert list(found.left_out) == ["style scale 2"]
    assert (
        "At 128 px: The style file holds its style up to 128 px, and this run measures it at 256 px"
        in found.left_out["style scale 2"]
    )


def smooth(rng, size):
    coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC), np.float32) / 255


def repainted(image, photo):
    """Measure how far a painting is from the photograph, both reduced by Pillow to 24 px."""
    small = [Image.fromarray(np.rint(each * 255).astype(np.uint8)).resize((24, 24)) for each in (image[0], photo)]
    return np.abs(np.subtract(*(np.asarray(each, np.float32) / 255 for each in small))).mean()


def test_a_content_weight_keeps_as_much_of_the_photograph_large_as_small(rng):
    photo, style = smooth(rng, 128), smooth(rng, 128)
    layers = {"style_layers": "conv1_1,conv2_1,conv3_1", "content_layers": "conv2_2"}
    config = preset("fast", size=96, weights="builtin", content_weight=1, precision="float32", **layers)
    found = plan_preview(Picture(photo[None]), [Picture(style[None])], config, size=48).previews
    measured = {
        (weight, each.size): repainted(stylize(photo, style, config=each).image, photo)
        for weight, preview in (("low", found[3]), ("high", found[5]))
        for each in (preview.cell.config, preview.large)
    }
    for weight in ("low", "high"):
        assert measured[weight, 48] == pytest.approx(measured[weight, 96], rel=0.3), measured
    assert measured["low", 48] > 2 * measured["high", 96], measured
