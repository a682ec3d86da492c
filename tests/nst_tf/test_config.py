import dataclasses
import math

import numpy as np
import pytest

from nst_tf import StyleConfig, preset


def test_layers_given_by_name_share_the_weight_equally_as_in_the_paper():
    layers = ",".join(f"conv{block}_1" for block in range(1, 6))
    assert StyleConfig(style_layers=layers).style_layer_weights == {f"block{block}_conv1": 0.2 for block in range(1, 6)}
    assert preset("paper").style_layers == StyleConfig(style_layers=layers).style_layers
    assert StyleConfig(content_layers=["conv4_2", "conv5_2"]).content_layers[1] == ("block5_conv2", 0.5)


@pytest.mark.parametrize(
    "value", ["conv1_1=1, conv2_1=0.5", {"conv1_1": 1, "conv2_1": 0.5}, [("conv1_1", 1), ("block2_conv1", 0.5)]]
)
def test_layer_weights_may_be_text_mapping_or_pairs(value):
    assert StyleConfig(style_layers=value).style_layers == (("block1_conv1", 1.0), ("block2_conv1", 0.5))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("steps", 0),
        ("steps", True),
        ("steps", 2.5),
        ("steps", 10**12),
        ("size", 100_000),
        ("style_scale", 1e300),
        ("style_weight", 1e39),
        ("epsilon", 1e-60),
        ("seed", 2**63),
        ("weights", None),
        ("start", ""),
        ("style_layers", [("conv1_1",)]),
        ("style_layers", [5]),
        ("style_layers", {"conv1_1": None}),
        ("content_weight", -1.0),
        ("style_weight", math.nan),
        ("tv_weight", math.inf),
        ("learning_rate", 0.0),
        ("beta_1", 1.0),
        ("average_decay", 1.0),
        ("size", 0),
        ("style_scale", 0.0),
        ("pooling", "mean"),
        ("normalization", "gatys"),
        ("style_layers", ""),
        ("style_layers", "conv1_1,conv1_1"),
        ("style_layers", "conv1_1=much"),
        ("style_layers", "conv1_1=-1"),
        ("content_layers", 4),
    ],
)
def test_bad_value_is_named_with_what_is_wanted(setting, value):
    with pytest.raises(ValueError, match=rf"{setting}.*must.*(got|, not)"):
        StyleConfig(**{setting: value})


@pytest.mark.parametrize(
    "weights", [{"content_weight": 0, "style_weight": 0}, {"content_weight": 0, "style_layers": "conv1_1=0"}]
)
def test_zero_weights_leave_nothing_to_paint(weights):
    with pytest.raises(ValueError, match="nothing to paint"):
        StyleConfig(**weights)


def test_layers_that_do_not_count_are_not_needed():
    config = StyleConfig(content_weight=0, style_layers="conv1_1=1,conv5_4=0")
    assert config.layers == ("block1_conv1",)
    assert config.content_layer_weights == {}


def test_numpy_numbers_are_numbers():
    assert StyleConfig(steps=np.int64(2), tv_weight=np.float32(0.5)).steps == 2


def test_config_is_a_frozen_value():
    assert StyleConfig() == StyleConfig() and hash(StyleConfig()) == hash(StyleConfig())
    with pytest.raises(dataclasses.FrozenInstanceError):
        StyleConfig().steps = 3


def test_every_setting_has_a_help_text():
    assert all(field.metadata["help"].endswith(".") for field in dataclasses.fields(StyleConfig))


def test_paper_preset_is_what_the_paper_says():
    """Gatys et al. 2016, section 2 and 3: VGG-19 normalized, average pooling, conv4_2, five layers at 1/5, noise."""
    config = preset("paper", steps=7)
    assert config.content_layer_weights == {"block4_conv2": 1.0}
    assert config.style_layer_weights == {f"block{block}_conv1": 0.2 for block in range(1, 6)}
    assert config.content_weight / config.style_weight == pytest.approx(1e-4)
    assert (config.normalization, config.pooling, config.activations) == ("mean", "average", "auto")
    assert (config.start, config.style_proportions, config.style_scale) == ("noise", "content", 1.0)
    assert (config.optimizer, config.scales, config.precision) == ("lbfgs", 1, "float32")
    assert (config.tv_weight, config.average_decay, config.steps) == (0, 0, 7)
