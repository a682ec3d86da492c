"""Runs that are painted in blocks: every optimizer, snapshots, traces, settings."""

import dataclasses
import itertools

import numpy as np
import pytest

import nst_tf
from nst_tf import StyleConfig, Stylizer
from nst_tf.jobs.memory import plan_memory
from nst_tf.runs.memory import estimated_bytes, fit_to_memory

QUICK = {"weights": "random", "precision": "float32", "scales": 1, "steps": 3}


@pytest.fixture
def content(rng):
    return np.kron(rng.random((6, 8, 3)), np.ones((18, 18, 1)))


@pytest.fixture
def style(rng):
    return np.kron(rng.random((7, 5, 3)), np.ones((14, 14, 1)))


def test_thirty_steps_of_adam_end_where_the_whole_does(content, style):
    whole, blocks = (
        nst_tf.stylize(content, style, config=StyleConfig(**QUICK | {"steps": 30, "size": 100}, block=block))
        for block in ("whole", 80)
    )
    assert blocks.loss == pytest.approx(whole.loss, rel=1e-3)
    assert blocks.image.shape == whole.image.shape


@pytest.mark.parametrize("settings", [{"optimizer": "lbfgs"}, {"start": "noise", "scales": 3}, {"stop_when": 0.5}])
def test_it_paints_with_every_optimizer_and_start(settings, content, style):
    config = StyleConfig(**QUICK | settings, block=80)
    painting = nst_tf.stylize(content, style, config=config)
    whole = nst_tf.stylize(content, style, config=dataclasses.replace(config, block="whole"))
    assert painting.loss == pytest.approx(whole.loss, rel=1e-2)


def test_a_stopped_run_goes_on_to_the_same_bytes(content, style):
    config = StyleConfig(**QUICK | {"steps": 4}, block=80)
    kept = []
    whole = nst_tf.stylize(content, style, config=config, callback=lambda now: kept.append(now.snapshot()))
    assert [each.step for each in kept] == [1, 2, 3, 4]
    for snapshot in kept[1:3]:
        again = nst_tf.stylize(content, style, config=config, start=snapshot)
        np.testing.assert_array_equal(again.image, whole.image)


def test_blocks_of_all_sizes_share_one_trace(content, style):
    stylizer = Stylizer(StyleConfig(**QUICK))
    for block, size in itertools.product((80, 96), (144, 170)):
        stylizer.stylize(content, style, config=StyleConfig(**QUICK | {"steps": 1}, block=block, size=size))
    assert (stylizer.block_traces, stylizer.traces) == (2, 0)


@pytest.mark.parametrize("block", ["half", 79, 0, "", None, True, 80.5, "-100"])
def test_a_wrong_block_is_one_line(block):
    with pytest.raises(ValueError, match=r"^block must be auto, whole, or a whole number of at least 80; got .*\.$"):
        StyleConfig(block=block)


def test_a_block_is_a_word_or_a_number():
    assert [StyleConfig(block=block).block for block in ("auto", "whole", "256", 256)] == ["auto", "whole", 256, 256]


def test_the_block_follows_from_what_is_free():
    config, size = StyleConfig(), (4000, 3000)
    found = [fit_to_memory(size, config, free).block for free in (1e11, 6e9, 4.2e9, 1e6)]
    assert found[0] == "whole"
    assert found[1:] == sorted(found[1:], reverse=True)
    assert found[-1] == 256
    assert fit_to_memory(size, StyleConfig(block=512), 1e6).block == 512


def test_memory_in_blocks_grows_with_the_picture_and_less_than_the_wholes():
    whole, blocks = (
        [estimated_bytes((side, side), StyleConfig(block=block)) for side in (512, 2048, 4096)]
        for block in ("whole", 512)
    )
    assert blocks[0] == whole[0]
    assert blocks[2] < whole[2] / 4


def test_what_fits_in_no_block_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr("nst_tf.runs.memory.available_bytes", lambda: 1e6)
    with pytest.raises(ValueError, match="in blocks of 256 px take about"):
        plan_memory((1000, 1000), StyleConfig(), force=False)
    assert plan_memory((1000, 1000), StyleConfig(), force=True).config.block == 256
