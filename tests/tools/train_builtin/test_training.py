"""The training: objectives against oracles, the schedule, a run that learns, stops and goes on."""

import csv
import math
import os
import subprocess
import sys
from importlib.util import find_spec

import keras
import numpy as np
import pytest

from tools.train_builtin import checkpoint, objectives
from tools.train_builtin.initial import drawn_filters, drawn_gains
from tools.train_builtin.network import BatchNormalization
from tools.train_builtin.pictures import corpus
from tools.train_builtin.recipe import Architecture, Progress, Recipe
from tools.train_builtin.train import CHECKPOINT, LOG, train

HEADS = ("block2_conv2", "block5_conv4")


@pytest.fixture(scope="module")
def pictures():
    return np.stack(list(corpus.draw_corpus(0, 8, size=48, workers=1)))


def run(pictures, work, **options):
    """Train a network of an eighth of the width, as long as the options say; return the log's lines."""
    lines = []
    recipe = Recipe(**({"batch": 8, "crop": 32, "chunk": 10, "warmup": 5} | options))
    architecture = Architecture(width=0.125, heads=HEADS)
    model = train(pictures, work, recipe=recipe, architecture=architecture, echo=lines.append)
    return model, lines


def dense_network(units):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units, name="dense")])
    model.compile(keras.optimizers.SGD(momentum=0.9, name="sgd"))
    model.optimizer.build(model.trainable_variables)
    return model


def test_classification_loss_is_smoothed_cross_entropy():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(6, 9)).astype(np.float32), rng.integers(0, 9, 6)
    wanted = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, reduction=None)
    actual = objectives.classification_loss(0.1)(labels, logits)
    np.testing.assert_allclose(actual, wanted(np.eye(9)[labels], logits), rtol=1e-5)


def test_contrastive_loss_is_nt_xent():
    pairs = np.random.default_rng(0).normal(size=(4, 2, 5)).astype(np.float32)
    pairs /= np.linalg.norm(pairs, axis=-1, keepdims=True)
    wanted = np.zeros(4)
    for picture, view in np.ndindex(4, 2):
        likeness = np.exp(pairs @ pairs[picture, view] / 0.2)
        others = likeness.sum() - likeness[picture, view]
        wanted[picture] -= np.log(likeness[picture, 1 - view] / others) / 2
    np.testing.assert_allclose(objectives.contrastive_loss(0.2)(None, pairs), wanted, rtol=1e-4)


def test_matched_counts_crops_that_find_their_partner():
    pairs = np.eye(4, dtype=np.float32)[[[0, 0], [1, 1], [2, 3]]]
    np.testing.assert_array_equal(objectives.matched(None, pairs)[:2], [1, 1])


def test_learning_rate_rises_then_falls_to_zero():
    recipe = Recipe(steps=1000, warmup=50, peak_rate=1.0)
    rates = [recipe.learning_rate(Progress(step=step)) for step in range(0, 1001, 10)]
    assert np.argmax(rates) == 5
    assert rates[0] < 0.05 < 0.98 < max(rates)
    assert rates[-1] == pytest.approx(0)


def test_time_moves_the_schedule_as_steps_do():
    recipe = Recipe(steps=math.inf, minutes=2.0)
    assert recipe.fraction(Progress(step=10**6, seconds=30)) == 0.25
    with pytest.raises(ValueError, match="end"):
        Recipe()


def test_training_learns_and_keeps_the_first_layers_filters_as_they_were_drawn(pictures, tmp_path):
    model, lines = run(pictures, tmp_path, steps=120)
    with (tmp_path / LOG).open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(lines) == 12
    assert float(rows[-1]["loss"]) < 0.7 * float(rows[0]["loss"])
    assert float(rows[-1]["block5_conv4_right"]) > 0.4
    first = model.get_layer("block1_conv1").get_weights()[0]
    np.testing.assert_array_equal(first, drawn_filters()[..., :8].astype(np.float32))
    norm = model.get_layer("block1_conv1_norm")
    for kept, drawn in zip((norm.gamma, norm.beta), drawn_gains(), strict=True):
        np.testing.assert_array_equal(kept, drawn[:8])
    assert np.any(norm.moving_mean)


def test_a_paused_training_goes_on_as_if_nothing_had_happened(pictures, tmp_path):
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole, _ = run(pictures, tmp_path / "whole", steps=4, chunk=2)
    run(pictures, tmp_path / "parts", steps=4, chunk=2, pause_after=0)
    parts, lines = run(pictures, tmp_path / "parts", steps=4, chunk=2)
    assert len(lines) == 1
    for ours, theirs in zip(parts.weights, whole.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-3, err_msg=ours.path)
    assert checkpoint.restore(tmp_path / "parts" / CHECKPOINT, parts).step == 4
    assert run(pictures, tmp_path / "parts", steps=4, chunk=2)[1] == []


def test_another_network_s_checkpoint_is_refused(tmp_path):
    ours, theirs = dense_network(3), dense_network(4)
    checkpoint.save(tmp_path / CHECKPOINT, ours, Progress(step=6, seconds=1.5))
    assert checkpoint.restore(tmp_path / CHECKPOINT, ours) == Progress(step=6, seconds=1.5)
    with pytest.raises(ValueError, match="another network"):
        checkpoint.restore(tmp_path / CHECKPOINT, theirs)


def test_a_batch_needs_enough_pictures(pictures, tmp_path):
    with pytest.raises(ValueError, match="batch of 9"):
        run(pictures, tmp_path, steps=2, batch=9)


def test_unknown_heads_are_named():
    with pytest.raises(ValueError, match="block9_conv9"):
        Architecture(heads=("block9_conv9",))


def test_batch_normalization_is_keras_own():
    inputs = np.random.default_rng(0).normal(2.0, 3.0, (4, 5, 6, 8)).astype(np.float32)
    ours, theirs = BatchNormalization(epsilon=1e-5), keras.layers.BatchNormalization(epsilon=1e-5)
    for training in (True, False):
        results = [keras.ops.convert_to_numpy(layer(inputs, training=training)) for layer in (ours, theirs)]
        np.testing.assert_allclose(*results, rtol=0.02, atol=1e-3)


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch, which trains fastest on a CPU, is not installed")
@pytest.mark.skipif(keras.backend.backend() == "torch", reason="this is the run on PyTorch already")
def test_batch_normalization_is_keras_own_on_pytorch_too():
    test = f"{__file__}::test_batch_normalization_is_keras_own"
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    run = subprocess.run([sys.executable, "-m", "pytest", "-q", test], env=environment, check=False)
    assert run.returncode == 0
