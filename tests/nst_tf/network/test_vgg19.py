import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate2d

from nst_tf import feature_model, load_weights
from nst_tf.layer_names import LAYERS
from nst_tf.network import vgg19

MEAN_BGR = np.array([103.939, 116.779, 123.68])


@pytest.fixture(scope="module")
def weights():
    return load_weights("random", seed=9)


@pytest.fixture
def image(rng):
    return rng.random((1, 37, 50, 3)).astype(np.float32)


def test_features_with_max_pooling_equal_keras_own_network(weights, image):
    base = keras.applications.VGG19(include_top=False, weights=None)
    for name in LAYERS:
        base.get_layer(name).set_weights([weights.arrays[f"{name}/{part}"] for part in ("kernel", "bias")])
    oracle = keras.Model(base.input, [base.get_layer(name).output for name in LAYERS])
    expected = oracle(keras.applications.vgg19.preprocess_input(image * 255.0))
    features = feature_model(weights=weights, pooling="max")(image)
    assert list(features) == list(LAYERS)
    for name, value in zip(LAYERS, expected, strict=True):
        np.testing.assert_allclose(features[name], value, rtol=1e-4, atol=1e-5 * np.max(value))


def test_features_with_average_pooling_equal_scipy_convolutions(weights, rng):
    crop = rng.random((13, 10, 3))
    maps = np.moveaxis(crop[..., ::-1] * 255 - MEAN_BGR, -1, 0)
    for name in LAYERS[:4]:
        kernel, bias = (np.float64(weights.arrays[f"{name}/{part}"]) for part in ("kernel", "bias"))
        maps = [
            np.maximum(0, bias[o] + sum(correlate2d(m, kernel[:, :, i, o], mode="same") for i, m in enumerate(maps)))
            for o in range(kernel.shape[3])
        ]
        if name in ("block1_conv2", "block2_conv2"):
            maps = [m[: m.shape[0] // 2 * 2, : m.shape[1] // 2 * 2] for m in maps]
            maps = [m.reshape(m.shape[0] // 2, 2, m.shape[1] // 2, 2).mean(axis=(1, 3)) for m in maps]
        if name == "block2_conv1":
            features = feature_model([name], weights=weights, dtype="float64")(crop[None])
            np.testing.assert_allclose(features[name][0], np.moveaxis(maps, 0, -1), rtol=1e-9, atol=1e-9)


def test_swapping_red_and_blue_changes_the_features(weights, image):
    model = feature_model(["conv1_1"], weights=weights)
    swapped = model(image[..., ::-1])["block1_conv1"]
    assert np.max(np.abs(model(image)["block1_conv1"] - swapped)) > 0.1


def test_network_ends_at_the_deepest_layer_asked_for(weights):
    model = feature_model(["conv3_1", "block1_conv2"], weights=weights)
    assert set(model.output) == {"block3_conv1", "block1_conv2"}
    assert [layer.name for layer in model.layers][-1] == "block3_conv1"
    assert model.trainable_weights == []


def test_no_random_filters_are_made(weights, monkeypatch):
    eager, original = [], keras.initializers.GlorotUniform.__call__

    def recorded(self, *arguments, **options):
        eager.append(tf.executing_eagerly())
        return original(self, *arguments, **options)

    monkeypatch.setattr(keras.initializers.GlorotUniform, "__call__", recorded)
    vgg19._keras_layers.cache_clear()
    model = feature_model(["conv5_4"], weights=weights)
    assert len(eager) == 16 and not any(eager)  # Keras' own, in a graph that never runs
    assert sum(array.size for array in model.get_weights()) == 20_024_384


def test_gradient_reaches_the_image_and_no_filter(weights):
    model = feature_model(["conv3_1"], weights=weights)

    @tf.function(autograph=False)
    def gradient(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = tf.reduce_sum(model(image)["block3_conv1"])
        return tape.gradient(loss, image)

    graph = gradient.get_concrete_function(tf.TensorSpec((1, None, None, 3))).graph
    assert "Conv2DBackpropFilter" not in {operation.type for operation in graph.get_operations()}


@pytest.mark.parametrize("onednn", ["0", "1"])
def test_gradient_equals_that_of_keras_own_layers(onednn, weights, image, monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", onednn)  # too late for TensorFlow, not for the form of our gradient
    base = keras.applications.VGG19(include_top=False, weights=None)
    for name in LAYERS[:5]:
        base.get_layer(name).set_weights([weights.arrays[f"{name}/{part}"] for part in ("kernel", "bias")])
    oracle = keras.Model(base.input, base.get_layer("block3_conv1").output)
    ours = feature_model(["conv3_1"], weights=weights, pooling="max")
    x = tf.constant(image)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        loss = tf.reduce_sum(ours(x)["block3_conv1"] ** 2)
        expected = tf.reduce_sum(oracle(keras.applications.vgg19.preprocess_input(x * 255.0)) ** 2)
    wanted = tape.gradient(expected, x).numpy()
    np.testing.assert_allclose(tape.gradient(loss, x), wanted, rtol=1e-3, atol=1e-4 * np.max(np.abs(wanted)))


def test_weights_that_end_too_early_are_refused(weights):
    shallow = type(weights)(name="short", arrays={k: v for k, v in weights.arrays.items() if "block1" in k})
    with pytest.raises(ValueError, match="end at block1_conv2; block2_conv1 needs a deeper file"):
        feature_model(["conv2_1"], weights=shallow)


@pytest.mark.parametrize(
    ("layers", "pooling", "message"),
    [(["conv7_1"], "max", "Unknown layer"), (["conv1_1"], "l2", "pooling must be"), ([], "max", "At least one layer")],
)
def test_bad_arguments_are_named(layers, pooling, message):
    with pytest.raises(ValueError, match=message):
        feature_model(layers, weights="random", pooling=pooling)
