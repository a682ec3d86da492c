"""What convolutions see beyond the border, against SciPy and TensorFlow's own gradient."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate2d

import nst_tf
from nst_tf import StyleConfig, feature_model, load_weights
from nst_tf.layer_names import LAYERS

MEAN_BGR = np.array([103.939, 116.779, 123.68])


@pytest.fixture(scope="module")
def weights():
    return load_weights("random", seed=9)


def filters(weights, name):
    return (np.float64(weights.arrays[f"{name}/{part}"]) for part in ("kernel", "bias"))


def pooled(maps):
    even = [m[: m.shape[0] // 2 * 2, : m.shape[1] // 2 * 2] for m in maps]
    return [m.reshape(m.shape[0] // 2, 2, m.shape[1] // 2, 2).mean(axis=(1, 3)) for m in even]


def test_replicated_borders_equal_scipy_convolutions_of_padded_maps(weights, rng):
    crop = rng.random((13, 10, 3))
    maps = np.moveaxis(crop[..., ::-1] * 255 - MEAN_BGR, -1, 0)
    for name in LAYERS[:3]:
        kernel, bias = filters(weights, name)
        maps = [np.pad(m, 1, "edge") for m in maps]
        maps = [
            np.maximum(0, bias[o] + sum(correlate2d(m, kernel[:, :, i, o], mode="valid") for i, m in enumerate(maps)))
            for o in range(kernel.shape[3])
        ]
        maps = pooled(maps) if name == "block1_conv2" else maps
    features = feature_model(["conv2_1"], weights=weights, border="replicate", dtype="float64")(crop[None])
    np.testing.assert_allclose(features["block2_conv1"][0], np.moveaxis(maps, 0, -1), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("side", [16, 37])
def test_flat_picture_has_no_border_in_any_layer(weights, side):
    image = np.full((1, side, side, 3), (0.9, 0.2, 0.4))
    for border, flat in (("replicate", True), ("zero", False)):
        for value in feature_model(weights=weights, border=border, dtype="float64")(image).values():
            off = np.ptp(value, axis=(1, 2)).max() / np.abs(value).max()
            assert off < 1e-9 or not flat
            assert off > 1e-3 or flat or value.shape[1] == 1


@pytest.mark.parametrize("onednn", ["0", "1"])
def test_gradient_equals_that_of_tensorflow(onednn, weights, rng, monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", onednn)  # too late for TensorFlow, not for the form of our gradient
    image = tf.constant(rng.random((1, 11, 14, 3)))
    model = feature_model(["conv1_2"], weights=weights, border="replicate", dtype="float64")
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(image)
        expected = tf.reverse(image, [-1]) * 255 - MEAN_BGR
        for name in LAYERS[:2]:
            kernel, bias = filters(weights, name)
            rows = tf.concat([expected[:, :1], expected, expected[:, -1:]], 1)
            ringed = tf.concat([rows[:, :, :1], rows, rows[:, :, -1:]], 2)
            expected = tf.nn.relu(tf.nn.conv2d(ringed, kernel, 1, "VALID") + bias)
        losses = tf.reduce_sum(model(image)["block1_conv2"] ** 2), tf.reduce_sum(expected**2)
    found, wanted = (tape.gradient(loss, image).numpy() for loss in losses)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8 * np.abs(wanted).max())


def test_other_borders_are_refused():
    with pytest.raises(ValueError, match="border must be one of zero, replicate; got 'reflect'"):
        feature_model(["conv1_1"], weights="random", border="reflect")


def test_border_reaches_the_painting(rng):
    content, style = rng.random((32, 40, 3)), rng.random((40, 32, 3))
    quick = {"weights": "random", "steps": 2, "scales": 1, "precision": "float32"}
    images = [
        nst_tf.stylize(content, style, config=StyleConfig(**quick, **border)).image
        for border in ({}, {"border": "zero"}, {"border": "replicate"})
    ]
    np.testing.assert_array_equal(images[0], images[1])
    assert np.abs(images[0] - images[2]).max() > 1e-3
