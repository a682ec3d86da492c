"""Block by block, the loss and its gradient are those of the whole picture."""

import numpy as np
import pytest
import tensorflow as tf

from nst_tf import StyleConfig, feature_model
from nst_tf.block_functions import BlockFunctions
from nst_tf.block_gradients import BlockGradients
from nst_tf.config import NORMALIZATIONS
from nst_tf.gradients import value_and_gradient
from nst_tf.objective import make_objective, measure_content, measure_style, term_weights
from nst_tf.targets import join_targets


def smooth(rng, height, width, channels=3):
    coarse = rng.random((1, height // 8 + 2, width // 8 + 2, channels), np.float32)
    return tf.clip_by_value(tf.image.resize(coarse, (height, width), "bicubic"), 0, 1)


def differences(rng, size, side, *, transparent=False, **settings):
    """Return relative differences between blocks and whole: of the loss, each term, and the gradient."""
    config = StyleConfig(precision="float32", **settings)
    network = feature_model(config.layers, weights="random")
    content, style, image = smooth(rng, *size), smooth(rng, 150, 190), smooth(rng, *size)
    alpha = [tf.constant(np.arange(size[1], dtype=np.float32) > size[1] // 3)[None, None, :, None]] * transparent
    alpha = [tf.cast(tf.broadcast_to(each, (1, *size, 1)), tf.float32) for each in alpha]
    targets = join_targets(
        measure_content(network, content, *alpha, config=config), measure_style(network, style, config=config)
    )
    whole = value_and_gradient(make_objective(network, config=config))(image, targets, term_weights(config))
    blocks = BlockGradients(BlockFunctions(network, config), side)
    targets = join_targets(blocks.measure_content(content, *alpha), blocks.measure_style(style))
    terms, gradient = blocks.evaluate(image, targets, term_weights(config))
    assert blocks.objective(image, targets, term_weights(config)) == terms
    off = np.linalg.norm(gradient - whole[1]) / np.linalg.norm(whole[1])
    return [abs(float(a) - float(b)) / max(float(b), 1e-30) for a, b in zip(terms, whole[0], strict=True)] + [off]


@pytest.mark.parametrize(("size", "side"), [((193, 337), 96), ((290, 180), 128), ((97, 264), 80), ((241, 90), 100)])
def test_blocks_of_any_size_add_up_to_the_whole(size, side, rng):
    assert max(differences(rng, size, side)) < 1e-5


@pytest.mark.parametrize(
    ("normalization", "transparent"), [*((each, True) for each in NORMALIZATIONS), ("relative", False)]
)
def test_every_normalization_and_opacity_add_up(normalization, transparent, rng):
    weight = 1e-3 if normalization == "paper" else 0.08
    found = differences(
        rng, (176, 187), 96, transparent=transparent, normalization=normalization, content_weight=weight
    )
    assert max(found) < 1e-5


@pytest.mark.parametrize(
    "settings",
    [
        {"style_layers": "conv5_4", "pooling": "max"},
        {"style_weight": 0.0},
        {"content_weight": 0.0, "tv_weight": 0.0},
        {"content_layers": "conv1_2,conv5_2"},
        {"border": "replicate"},
    ],
)
def test_all_layers_and_single_terms_add_up(settings, rng):
    assert max(differences(rng, (120, 193), 80, **settings)) < 1e-5
