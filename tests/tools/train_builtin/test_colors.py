"""Carriers of color in a trained network."""

import itertools

import keras
import numpy as np
import pytest

from tools.train_builtin import activity, colors
from tools.train_builtin.initial import drawn_filters
from tools.train_builtin.network import plain
from tools.train_builtin.vgg19 import LAYERS, narrowed


@pytest.fixture(scope="module")
def weights():
    """A narrow network whose first layer is drawn, and so has spots."""
    rng, arrays, incoming = np.random.default_rng(0), {}, 3
    for name, count in narrowed(0.25).items():
        arrays[f"{name}/kernel"] = rng.normal(0, (2 / 9 / incoming) ** 0.5, (3, 3, incoming, count))
        arrays[f"{name}/bias"] = rng.uniform(0, 0.2, count)
        incoming = count
    arrays["block1_conv1/kernel"] = drawn_filters()[..., :16] / 60
    return {name: array.astype(np.float32) for name, array in arrays.items()}


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(1)
    return [np.repeat(np.repeat(rng.uniform(0, 255, (6, 8, 3)), 16, 0), 16, 1) for _ in range(2)]


def answers(weights, picture):
    image = picture[None, ..., ::-1].astype(np.float32) - np.float32([103.939, 116.779, 123.68])
    return {name: keras.ops.convert_to_numpy(maps)[0] for name, maps in plain(weights)(image).items()}


def halved(maps):
    height, width, channels = maps.shape
    return maps.reshape(height // 2, 2, width // 2, 2, channels).mean((1, 3))


def test_spots_are_the_filters_that_answer_to_a_flat_color():
    filters = drawn_filters()
    np.testing.assert_array_equal(colors.spots(filters), np.flatnonzero(np.abs(filters.sum((0, 1))).max(0) > 1e-9))


def test_every_layer_holds_the_pooled_answers_of_the_spots_in_the_wanted_strength(weights, pictures):
    measured = activity.measure(weights, pictures)
    after = answers(colors.carry_colors(weights, measured), pictures[0])
    wanted = answers(weights, pictures[0])["block1_conv1"][..., colors.spots(weights["block1_conv1/kernel"])]
    power = measured.square["block1_conv1"][colors.spots(weights["block1_conv1/kernel"])].mean()
    for name in LAYERS[1:]:
        wanted = halved(wanted) if name.endswith("conv1") else wanted
        strength = colors.STRENGTH[name[:6]] * colors.HUSH.get(name, 1) ** 2
        scale = np.sqrt(strength * measured.square[name].mean() / power)
        for spot in range(wanted.shape[2]):
            apart = np.abs(after[name] - scale * wanted[..., spot, None]).max((0, 1))
            assert apart.min() < 1e-3 * scale * wanted.max(), (name, spot)


def test_other_filters_hear_nothing_of_the_carriers(weights, pictures):
    carried = colors.carry_colors(weights, activity.measure(weights, pictures))
    count = len(colors.spots(weights["block1_conv1/kernel"]))
    for before, name in itertools.pairwise(LAYERS[1:]):
        read = np.abs(carried[f"{name}/kernel"]).sum((0, 1))  # (in, out)
        given_up = np.abs(carried[f"{before}/kernel"]).sum((0, 1, 2))
        carriers = np.flatnonzero(np.count_nonzero(carried[f"{before}/kernel"], axis=(0, 1, 2)) == 1)
        assert len(carriers) == count and (given_up[carriers] > 0).all()
        assert (np.count_nonzero(read[carriers], axis=1) == 1).all()  # the next carrier alone


def test_filters_that_are_left_compute_what_they_did_if_those_given_up_were_constant(weights, pictures):
    constant = {name: array.copy() for name, array in weights.items()}
    count = len(colors.spots(weights["block1_conv1/kernel"]))
    constant["block1_conv2/kernel"][..., :count] = 0
    constant["block1_conv2/bias"][:count] = 0.3
    carried = colors.carry_colors(constant, activity.measure(constant, pictures))
    left = np.count_nonzero(carried["block2_conv1/kernel"], axis=(0, 1, 2)) > 1
    assert left.sum() == left.size - count
    inner = np.s_[1:-1, 1:-1]  # the border sees padding, which is not constant
    before, after = (answers(network, pictures[0])["block2_conv1"][inner] for network in (constant, carried))
    np.testing.assert_allclose(after[..., left], before[..., left], rtol=1e-3, atol=1e-4)
