"""Compiled once, painted with often, by several at once."""

import collections
import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

import nst_tf
from nst_tf import StyleConfig, Stylizer

QUICK = {"weights": "random", "steps": 3, "scales": 1}


@pytest.fixture
def content(rng):
    return rng.random((40, 48, 3))


@pytest.fixture
def style(rng):
    return rng.random((1, 44, 36, 3)) ** 3


def test_it_paints_what_stylize_paints(content, style):
    config = StyleConfig(**QUICK)
    own, other = Stylizer(config).stylize(content, style), nst_tf.stylize(content, style, config=config)
    np.testing.assert_array_equal(own.image, other.image)
    assert (own.loss, own.terms, own.config, own.weights) == (other.loss, other.terms, config, "random")


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_all_that_is_not_compiled_in_shares_one_trace(optimizer, content, style):
    config = StyleConfig(**QUICK, optimizer=optimizer)
    stylizer = Stylizer(config)
    assert stylizer.traces == 0
    stylizer.stylize(content, style)
    changes = {"size": 64, "scales": 2, "steps": 2, "tv_weight": 0.3, "content_weight": 0.4, "style_weight": 3.0}
    changes |= {"learning_rate": 0.05, "start": "noise", "stop_when": 0.1, "style_proportions": "content"}
    other = dataclasses.replace(config, **changes)
    painting = stylizer.stylize(content[:30], style[:, :20], config=other)
    np.testing.assert_array_equal(painting.image, nst_tf.stylize(content[:30], style[:, :20], config=other).image)
    assert stylizer.traces == 1


def test_settings_that_are_compiled_in_are_refused_by_name(content, style):
    stylizer = Stylizer(StyleConfig(**QUICK))
    with pytest.raises(ValueError, match="make another for this pooling, beta_1"):
        stylizer.stylize(content, style, config=StyleConfig(**QUICK, pooling="max", beta_1=0.5))
    with pytest.raises(ValueError, match="content_weight"):
        stylizer.stylize(content, style, config=StyleConfig(**QUICK, content_weight=0.0))


def test_filters_that_depend_on_the_pictures_are_refused_or_handed_in(content, style):
    config = StyleConfig(**QUICK, activations="normalized")
    with pytest.raises(ValueError, match=r"pass weights=nst_tf.normalize_activations\(...\)"):
        Stylizer(config)
    weights = nst_tf.normalize_activations("random", [content, style])
    painting = Stylizer(config, weights=weights).stylize(content, style)
    assert painting.weights == "random (normalized)"


def test_its_image_is_a_variable_that_is_let_go_of_after_a_painting(content, style):
    stylizer, seen = Stylizer(StyleConfig(**QUICK)), []
    assert isinstance(stylizer.loop.image, tf.Variable)
    stylizer.stylize(content, style, callback=lambda _: seen.append(tuple(stylizer.loop.image.shape)))
    assert seen[-1] == (1, None, None, 3) and stylizer.loop.image.numpy().size == 0


def test_two_threads_that_paint_at_once_do_not_disturb_each_other(content, style):
    stylizer, meeting = Stylizer(StyleConfig(**QUICK | {"steps": 12})), threading.Barrier(2, timeout=60)
    contents = content, content[::-1, 5:]
    alone = [stylizer.stylize(each, style).image for each in contents]

    def paint(each):
        """Both take turns after every step, so that each finds the other's state in the variables."""
        return stylizer.stylize(each, style, report_every=1, callback=lambda _: meeting.wait() and False).image

    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(paint, contents))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
    assert stylizer.traces == 1


def test_a_callback_may_paint_with_the_same_stylizer(content, style):
    stylizer = Stylizer(StyleConfig(**QUICK))
    alone = stylizer.stylize(content, style).image
    disturbed = stylizer.stylize(content, style, callback=lambda _: stylizer.stylize(style[0], style) is None)
    np.testing.assert_array_equal(disturbed.image, alone)


def test_a_progress_that_is_looked_at_later_shows_its_own_moment(content, style):
    stylizer, kept = Stylizer(StyleConfig(**QUICK)), []
    stylizer.stylize(content, style, report_every=1, callback=lambda now: kept.append((now, now.image().copy())))
    for now, image in kept:
        np.testing.assert_array_equal(now.image(), image)


@pytest.mark.parametrize(("onednn", "backward"), [("1", 13), ("0", 0)])
def test_compiled_loop_holds_no_gradient_of_a_filter(onednn, backward, content, style, monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", onednn)
    stylizer = Stylizer(StyleConfig(**QUICK))
    stylizer.stylize(content, style)
    (concrete,) = stylizer.loop.function._list_all_concrete_functions()
    library = concrete.graph.as_graph_def().library.function
    kinds = collections.Counter(node.op for function in library for node in function.node_def)
    assert kinds["Conv2DBackpropFilter"] == 0
    assert kinds["Conv2DBackpropInput"] == backward
    assert kinds["Conv2D"] == 26 - backward  # neither content nor style passes through again
