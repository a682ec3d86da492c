import numpy as np
import pytest
from typer.testing import CliRunner

import nst_tf
from nst_tf import StyleConfig, feature_model, load_weights, normalize_activations
from nst_tf.layer_names import LAYERS
from nst_tf.network.activation_normalization import needs_normalization
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf_cli.app import app


@pytest.fixture(scope="module")
def weights():
    """Random filters up to the third block, with biases, and one filter that never answers."""
    arrays, generator = dict(load_weights("random", seed=5).up_to("block3_conv1").arrays), np.random.default_rng(1)
    for name in [name for name in arrays if name.endswith("bias")]:
        arrays[name] = generator.normal(0, 0.1, arrays[name].shape).astype(np.float32)
    arrays["block2_conv1/bias"][7] = -1e6
    return NetworkWeights(name="made", arrays=arrays)


@pytest.mark.parametrize(
    ("name", "needed"),
    [("imagenet", True), ("imagenet-8bit", True), ("imagenet (normalized)", False), ("builtin", False),
     ("random", False), ("imagenet.npz", False)],
)  # fmt: skip
def test_only_imagenets_filters_need_normalization(name, needed):
    assert needs_normalization(NetworkWeights(name=name, arrays={})) == needed


@pytest.fixture
def images(rng):
    return [rng.random((24, 30, 3)).astype(np.float32), rng.random((1, 17, 20, 3)).astype(np.float32) ** 2]


def means(weights, images, pooling="average"):
    """By NumPy, position by position."""
    model = feature_model(weights.layers, weights=weights, pooling=pooling)
    features = [model(image.reshape(-1, *image.shape[-3:])) for image in images]
    return {name: np.concatenate([f[name][0].numpy().reshape(-1, f[name].shape[3]) for f in features]).mean(axis=0)
            for name in weights.layers}  # fmt: skip


@pytest.mark.parametrize("pooling", ["average", "max"])
def test_every_filter_that_answers_has_a_mean_of_one(pooling, weights, images):
    normalized = normalize_activations(weights, images, pooling=pooling)
    for layer, after in means(normalized, images, pooling).items():
        silent = np.arange(len(after)) == 7 if layer == "block2_conv1" else np.zeros(len(after), bool)
        np.testing.assert_allclose(after[~silent], 1, rtol=1e-4, err_msg=layer)


@pytest.mark.parametrize("pooling", ["average", "max"])
def test_network_computes_the_same_layer_by_layer_but_for_a_factor_per_channel(pooling, weights, images, rng):
    normalized = normalize_activations(weights, images, pooling=pooling)
    other = rng.random((1, 33, 26, 3)).astype(np.float32)
    before, after = (feature_model(w.layers, weights=w, pooling=pooling)(other) for w in (weights, normalized))
    for layer, mean in means(weights, images, pooling).items():
        factor = np.where(mean > 0, mean, mean.mean())
        tolerance = 1e-5 * np.max(before[layer])
        np.testing.assert_allclose(after[layer] * factor, before[layer], rtol=1e-3, atol=tolerance, err_msg=layer)


def test_filter_that_never_answers_stays_finite_and_of_its_layers_order(weights, images):
    normalized = normalize_activations(weights, images)
    assert all(np.all(np.isfinite(array)) for array in normalized.arrays.values())
    layer = means(weights, images)["block2_conv1"]
    expected = weights.arrays["block2_conv1/bias"][7] / layer.mean()
    np.testing.assert_allclose(normalized.arrays["block2_conv1/bias"][7], expected, rtol=1e-4)


def test_layer_of_silent_filters_is_left_alone(weights, images):
    dead = NetworkWeights(name="dead", arrays={name: np.zeros_like(array) for name, array in weights.arrays.items()})
    assert all(np.all(array == 0) for array in normalize_activations(dead, images).arrays.values())


def test_model_is_measured_as_it_pools(weights, images):
    for pooling in ("average", "max"):
        model = feature_model(weights.layers, weights=weights, pooling=pooling)
        from_model, from_weights = (
            normalize_activations(model, images),
            normalize_activations(weights, images, pooling=pooling),
        )
        assert from_model == from_weights


def test_paintings_loss_does_not_change_if_all_scales_are_one(weights, images, tmp_path):
    """Normalizing what has been normalized on the same two pictures is the identity."""
    config = {"steps": 1, "scales": 1, "style_layers": "conv1_1,conv2_1", "content_layers": "conv3_1"}
    content, style = images
    losses = {}
    for name, arrays in {"plain": weights, "normalized": normalize_activations(weights, [content, style])}.items():
        np.savez(tmp_path / f"{name}.npz", **arrays.arrays)
        settings = StyleConfig(
            **config,
            weights=str(tmp_path / f"{name}.npz"),
            size=30,
            style_scale=20 / 30,
            activations="normalized" if name == "plain" else "unchanged",
            normalization="paper",
            precision="float32",
        )
        losses[name] = nst_tf.stylize(content, style, config=settings).loss
    assert losses["plain"] == pytest.approx(losses["normalized"], rel=1e-3)


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        ([], "one or more pictures; got none"),
        ([np.zeros((24, 24))], "image 1 must be one RGB picture"),
        ([np.zeros((24, 24, 3)), np.zeros((24, 24, 3), np.uint8)], "image 2 must hold floats"),
        ([np.zeros((3, 24, 3))], "image 1 is 24x3 px; block3_conv1 needs at least 4 px a side"),
    ],
)
def test_bad_pictures_are_named(pictures, message, weights):
    with pytest.raises(ValueError, match=message):
        normalize_activations(weights, pictures)


def test_names_say_which_network_was_normalized(images):
    normalized = normalize_activations("random", images)
    assert normalized.name == "random (normalized)" and normalized.layers == LAYERS


def test_command_writes_filters_that_are_normalized_on_its_pictures(pictures):
    arguments = ["weights", "normalize", "photo.jpg", "painting.jpg", "-o", "paper.npz", "--weights", "builtin"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    written = load_weights("paper.npz")
    assert result.stdout == f"paper.npz  builtin (normalized), sha256 {written.sha256}\n"
    measured = means(written, [nst_tf.load_image(name) for name in ("photo.jpg", "painting.jpg")])
    np.testing.assert_allclose(measured["block1_conv1"], 1, rtol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["photo.jpg", "-o", "paper.h5"], "must end in .npz; got 'paper.h5'"),
        (["photo.jpg", "-o", "mine.npz"], "mine.npz exists"),
        (["photo.jpg", "-o", "no/paper.npz"], "There is no folder no"),
        (["gone.jpg", "-o", "paper.npz"], "There is no picture gone.jpg"),
        (["photo.jpg", "-o", "paper.npz", "--weights", "gone.h5"], "there is no file gone.h5"),
        (["photo.jpg", "-o", "paper.npz", "--pooling", "l2"], "pooling must be one of average, max"),
    ],
)
def test_command_names_bad_input_in_one_line(arguments, message, pictures):
    (pictures / "mine.npz").write_bytes(b"precious")
    result = CliRunner().invoke(app, ["weights", "normalize", "--weights", "builtin", *arguments])
    assert result.exit_code == 2
    assert message in result.stderr and result.stderr.count("\n") == 1
    assert (pictures / "mine.npz").read_bytes() == b"precious" and not (pictures / "paper.npz").exists()
