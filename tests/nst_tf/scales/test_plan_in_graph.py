"""Both plans agree to the pixel, over thousands of pairs of sizes."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from nst_tf import StyleConfig
from nst_tf.config import PROPORTIONS
from nst_tf.scales import plan, plan_in_graph

SETTINGS = [
    StyleConfig(
        style_proportions=proportions, scales=scales, coarse_steps=coarse_steps, style_scale=style_scale, **more
    )
    for proportions, (scales, coarse_steps, style_scale, more) in itertools.product(
        PROPORTIONS, [(None, None, 1.0, {}), (3, 7, 0.7, {"large_steps": 5}), (1, None, 1.9, {})]
    )
]


def drawn(count):
    """Sizes of content and style, longer side wanted (0 for the default), and steps."""
    generator = np.random.default_rng(17)
    sides = np.round(2 ** generator.uniform(5, 13, (count, 4))).astype(np.int32)
    wanted = np.where(generator.random(count) < 0.3, 0, np.round(2 ** generator.uniform(5, 13, count)))
    steps = generator.integers(1, 500, count).tolist()
    sizes = [(tuple(each[:2]), tuple(each[2:])) for each in sides.tolist()]
    return [(*pair, int(size), own) for pair, size, own in zip(sizes, wanted, steps, strict=True)]


@pytest.mark.parametrize("config", SETTINGS, ids=str)
def test_both_plan_the_same_sizes_and_steps(config):
    @tf.function(autograph=False)
    def in_graph(content, style, size, steps):
        return plan_in_graph.stages(content, style, size=size, steps=steps, config=config)

    compared = 0
    for content, style, size, steps in drawn(600):
        own = dataclasses.replace(config, size=size or None, steps=steps)
        try:
            wanted = plan.stages(content, [style], own)
        except ValueError:
            continue
        found = in_graph(*(tf.constant(value) for value in (content, style, size, steps)))
        sizes = [stage.size for stage in wanted]
        assert list(map(tuple, found.sizes.numpy().tolist())) == sizes
        assert found.steps.numpy().tolist() == [stage.steps for stage in wanted]
        of_style = [plan.style_size(style, each, own) for each in sizes]
        assert list(map(tuple, found.style_sizes.numpy().tolist())) == of_style
        compared += len(sizes)
    assert compared > 300


def test_they_bear_the_same_names():
    names = ("painted_size", "style_size", "most_scales", "default_scales", "stages")
    assert all(callable(getattr(module, name)) for module in (plan, plan_in_graph) for name in names)
