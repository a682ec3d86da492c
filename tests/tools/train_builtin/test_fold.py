"""From the trained network to the one that ships."""

import keras
import numpy as np
import pytest

from tools.train_builtin import activity, fold
from tools.train_builtin.network import features, plain
from tools.train_builtin.vgg19 import BATCH_NORM_EPSILON, CHANNEL_MEANS, INPUT_SCALE, LAYERS, narrowed


def make_checkpoint(width, seed=0):
    """Invent the arrays of a training: kernels and normalizations with statistics of their own."""
    rng, state, incoming = np.random.default_rng(seed), {"block2_conv2_logits/kernel": np.zeros((4, 2))}, 3
    for name, count in narrowed(width).items():
        state[f"{name}/kernel"] = rng.normal(0, (2 / 9 / incoming) ** 0.5, (3, 3, incoming, count))
        state[f"{name}_norm/gamma"] = rng.uniform(0.5, 1.5, count)
        state[f"{name}_norm/beta"] = rng.normal(0, 0.3, count)
        state[f"{name}_norm/moving_mean"] = rng.normal(0, 0.3, count)
        state[f"{name}_norm/moving_variance"] = rng.uniform(0.5, 2, count)
        incoming = count
    return {name: array.astype(np.float32) for name, array in state.items()}


def folded(state):
    return fold.fold_batch_norm(state, epsilon=BATCH_NORM_EPSILON, input_scale=INPUT_SCALE)


def normalized_network(state, width):
    images = keras.Input((None, None, 3))
    model = keras.Model(images, features(images, narrowed(width), normalize=True))
    for name in LAYERS:
        model.get_layer(name).set_weights([state[f"{name}/kernel"]])
        keys = ("gamma", "beta", "moving_mean", "moving_variance")
        model.get_layer(f"{name}_norm").set_weights([state[f"{name}_norm/{key}"] for key in keys])
    return model


@pytest.fixture(scope="module")
def state():
    return make_checkpoint(0.125)


@pytest.fixture(scope="module")
def weights(state):
    return folded(state)


@pytest.fixture
def image():
    """A preprocessed picture, as Keras' VGG19 wants it."""
    rgb = np.random.default_rng(1).uniform(0, 255, (1, 48, 40, 3)).astype(np.float32)
    return rgb[..., ::-1] - np.float32(CHANNEL_MEANS)


def assert_close(actual, wanted, tolerance=1e-4):
    actual, wanted = keras.ops.convert_to_numpy(actual), keras.ops.convert_to_numpy(wanted)
    assert np.abs(actual - wanted).max() <= tolerance * np.abs(wanted).max()


def test_folding_keeps_every_layer(state, weights, image):
    wanted = normalized_network(state, 0.125)(image / INPUT_SCALE, training=False)
    actual = plain(weights)(image)
    for name in LAYERS:
        assert_close(actual[name], wanted[name])


def test_folded_weights_fit_keras_vgg19_with_average_pooling(image):
    state = make_checkpoint(1.0)
    weights = folded(state)
    vgg = keras.applications.VGG19(include_top=False, weights=None)

    def pool_by_average(layer):
        config = layer.get_config()
        if isinstance(layer, keras.layers.MaxPooling2D):
            return keras.layers.AveragePooling2D(2, strides=2, name=config["name"])
        return type(layer).from_config(config)

    averaging = keras.models.clone_model(vgg, clone_function=pool_by_average)
    for name in LAYERS:
        averaging.get_layer(name).set_weights([weights[f"{name}/kernel"], weights[f"{name}/bias"]])
    last = keras.Model(averaging.inputs[0], averaging.get_layer(LAYERS[-1]).output)
    wanted = normalized_network(state, 1.0)(image / INPUT_SCALE, training=False)
    assert_close(last(image), wanted[LAYERS[-1]])


def test_rescaling_only_rescales(weights, image):
    rng = np.random.default_rng(2)
    scales = {name: rng.uniform(0.2, 5, weights[f"{name}/bias"].size).astype(np.float32) for name in LAYERS}
    before, after = plain(weights)(image), plain(fold.rescale(weights, scales))(image)
    for name in LAYERS:
        assert_close(after[name], keras.ops.convert_to_numpy(before[name]) * scales[name])


def test_normalized_activations_average_one():
    weights = folded(make_checkpoint(0.125, seed=3))
    pictures = [np.random.default_rng(4).uniform(0, 255, (48, 48, 3))]
    scales = activity.mean_one_scales(activity.measure(weights, pictures), per_filter=True, floor=0.1)
    measured = activity.measure(fold.rescale(weights, scales), pictures)
    for mean in measured.mean.values():
        assert mean.max() < 1.001
        assert np.median(mean) > 0.999


def test_eight_bits_are_off_by_half_a_level_at_most(weights):
    quantized = fold.quantize(weights)
    restored = fold.dequantize(quantized)
    for name in LAYERS:
        assert quantized[f"{name}/kernel"].dtype == np.int8
        error = np.abs(restored[f"{name}/kernel"] - weights[f"{name}/kernel"])
        assert (error <= 0.501 * quantized[f"{name}/scale"]).all()
        np.testing.assert_array_equal(restored[f"{name}/bias"], weights[f"{name}/bias"])


def test_a_filter_of_zeros_survives_quantization(weights):
    silent = weights | {"block1_conv1/kernel": np.zeros_like(weights["block1_conv1/kernel"])}
    assert not fold.dequantize(fold.quantize(silent))["block1_conv1/kernel"].any()


def test_parts_stay_below_their_limit_and_join(weights, tmp_path):
    stored = fold.cast(weights, "float16")
    paths = fold.write_parts(stored, tmp_path / "net.npz", limit=200_000)
    joined = fold.join_parts(reversed(paths))
    assert len(paths) > 1
    assert all(path.stat().st_size < 210_000 for path in paths)
    assert joined.keys() == stored.keys()
    assert all(np.array_equal(joined[name], stored[name]) for name in stored)


def test_dead_filters_are_counted(weights):
    broken = {name: array.copy() for name, array in weights.items()}
    broken["block3_conv2/bias"][:8] = -1e6
    broken["block3_conv2/bias"][8:] = 1
    pictures = [np.random.default_rng(5).uniform(0, 255, (size, 48, 3)) for size in (32, 64)]
    share = activity.dead_share(activity.measure(broken, pictures))
    assert share["block3_conv2"] == pytest.approx(8 / 32)
    assert share["block1_conv1"] == 0
