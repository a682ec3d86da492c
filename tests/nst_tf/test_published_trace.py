"""Gatys' own published run, with ImageNet's weights: the losses that his PyTorch notebook printed.

leongatys/PytorchNeuralStyleTransfer: the Neckarfront in the style of The Starry Night, 512 px on the shorter side, max
pooling, from the content, PyTorch's L-BFGS as it comes (no line search, no bounds, 100 pairs), 500 evaluations. Loss
and gradient are ours; only the optimizer, whose every step counts here, is written out.
"""

import hashlib

import numpy as np
import pytest
import tensorflow as tf
from helpers.objectives import terms_of
from PIL import Image

from nst_tf import StyleConfig, feature_model, load_weights
from nst_tf.layer_names import BLOCKS, smallest_side
from nst_tf.weights import keras_file

PICTURES = {
    "tubingen.jpg": "e67d1869f01fd805385c681a80d9ebcf0f70ea4a5fe6127f0606bb1c7f4bf506",
    "vangogh_starry_night.jpg": "228bebf0",
}
"""File to its SHA-256, or how that begins."""

SHORTER_SIDE = 512
PRINTED = {
    50: 1388532.5,
    100: 707860.8,
    150: 538045.4,
    200: 469374.9,
    250: 433804.6,
    300: 411657.6,
    350: 395248.3,
    400: 383885.3,
    450: 375129.0,
    500: 368493.8,
}
"""Label to loss. The notebook counts before it prints: label k is the loss of evaluation k - 1."""


def published_objective(content, style, weights):
    """The notebook's loss as a function of pixels, 0 to 255, and its gradient.

    There, a content layer adds the mean square of F - P, and a style layer 1000 / N^2 times that of G/M - A/M; in the
    paper's terms those are alpha = 2 / (N M) and w_l = 4000 / N^2.
    """
    channels = {f"conv{block}_1": count for block, (_, count) in enumerate(BLOCKS, 1)}
    block = int(smallest_side(["block4_conv2"]))
    values = BLOCKS[3][1] * (content.shape[1] // block) * (content.shape[2] // block)
    config = StyleConfig(
        content_weight=2 / values,
        tv_weight=0,
        style_layers={layer: 4000 / count**2 for layer, count in channels.items()},
        normalization="paper",
        pooling="max",
        precision="float32",
    )
    network = feature_model(config.layers, weights=weights, pooling="max")
    terms_at = terms_of(network, tf.constant(content), tf.constant(style), config=config)

    @tf.function(autograph=False)
    def evaluate(pixels):
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            loss = terms_at(pixels / 255.0).loss
        return loss, tape.gradient(loss, pixels)

    return lambda pixels: tuple(value.numpy() for value in evaluate(tf.constant(pixels)))


def torch_lbfgs(evaluate, x, evaluations, *, history=100):
    """Run PyTorch's L-BFGS with its default settings, and return the loss of every evaluation."""
    losses, moves, changes = [], [], []
    direction, before, length = None, None, 1.0
    for _ in range(evaluations):
        loss, gradient = evaluate(x)
        losses.append(float(loss))
        if direction is None:
            direction, length = -gradient, min(1.0, 1.0 / float(np.sum(np.abs(gradient))))
        else:
            change, move = gradient - before, length * direction
            if np.vdot(change, move) > 1e-10:
                moves, changes = [*moves, move][-history:], [*changes, change][-history:]
            direction, length = -two_loops(gradient, moves, changes), 1.0
        before = gradient
        x = x + np.float32(length) * direction
    return losses


def two_loops(gradient, moves, changes):
    """Multiply a gradient by the inverse Hessian that pairs of moves and changes of the gradient tell of."""
    rates = [1.0 / np.vdot(change, move) for change, move in zip(changes, moves, strict=True)]
    q, shares = gradient, []
    for move, change, rate in zip(reversed(moves), reversed(changes), reversed(rates), strict=True):
        shares.append(rate * np.vdot(move, q))
        q = q - shares[-1] * change
    q = q / (rates[-1] * np.vdot(changes[-1], changes[-1])) if moves else q
    for move, change, rate, share in zip(moves, changes, rates, reversed(shares), strict=True):
        q = q + move * (share - rate * np.vdot(change, q))
    return q


def reduced(path):
    """Read a picture as the notebook does: Pillow's bilinear filter to 512 px on the shorter side, rounded down."""
    with Image.open(path) as file:
        width, height = file.size
        shorter = min(width, height)
        size = tuple(SHORTER_SIDE * side // shorter for side in (width, height))
        return np.asarray(file.convert("RGB").resize(size, Image.Resampling.BILINEAR), np.float32)[None] / 255


@pytest.mark.published
def test_published_losses_come_out_within_five_percent(shared_images, own_environment):
    if not keras_file.cached_file().is_file():
        pytest.skip("Keras' ImageNet file for VGG-19 (80 MB, no top) is not in Keras' cache on this machine")
    for name, digest in PICTURES.items():
        path = shared_images / name
        if not path.is_file() or not hashlib.sha256(path.read_bytes()).hexdigest().startswith(digest):
            pytest.skip(f"{name}, the very file that was painted (sha256 {digest[:8]}), is not in {shared_images.name}")
    content, style = (reduced(shared_images / name) for name in PICTURES)
    evaluate = published_objective(content, style, load_weights("imagenet"))
    losses = torch_lbfgs(evaluate, content * 255, max(PRINTED))
    for label, expected in PRINTED.items():
        assert losses[label - 2] == pytest.approx(expected, rel=0.05), f"at {label}"


def test_objective_is_the_notebooks_sum_of_mean_squares(rng):
    """By NumPy from the features, which other tests compare with Keras' own network."""
    weights = load_weights("builtin")
    content, style, image = (rng.random((1, *size, 3)).astype(np.float32) for size in ((32, 40), (36, 32), (32, 40)))
    loss, gradient = published_objective(content, style, weights)(image * 255)
    of_image, of_content, of_style = (
        {name: value.numpy()[0] for name, value in feature_model(weights=weights, pooling="max")(picture).items()}
        for picture in (image, content, style)
    )
    expected = np.mean((of_image["block4_conv2"] - of_content["block4_conv2"]) ** 2)
    for layer in (f"block{block}_conv1" for block in range(1, 6)):
        flat, target = (each[layer].reshape(-1, each[layer].shape[-1]) for each in (of_image, of_style))
        grams = flat.T @ flat / len(flat), target.T @ target / len(target)
        expected += 1000 / flat.shape[1] ** 2 * np.mean((grams[0] - grams[1]) ** 2)
    assert loss == pytest.approx(expected, rel=1e-4)
    assert gradient.shape == image.shape and np.all(np.isfinite(gradient))


@pytest.fixture
def quadratic(rng):
    root = rng.normal(size=(12, 12))
    return root @ root.T / 12 + np.eye(12), rng.normal(size=12)


def descended(curvature, target, evaluations):
    def evaluate(x):
        return 0.5 * (x - target) @ curvature @ (x - target), curvature @ (x - target)

    return torch_lbfgs(evaluate, np.zeros(12), evaluations)


def test_optimizer_finds_the_minimum_of_a_quadratic(quadratic):
    losses = descended(*quadratic, 60)
    assert losses[-1] < 1e-12 * losses[0]


def test_optimizer_equals_pytorchs_own(quadratic):
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    curvature, target = map(torch.tensor, quadratic)
    x, theirs = torch.zeros(12, dtype=torch.float64, requires_grad=True), []
    optimizer = torch.optim.LBFGS([x], history_size=100, tolerance_grad=0, tolerance_change=0)

    def closure():
        optimizer.zero_grad()
        loss = 0.5 * (x - target) @ curvature @ (x - target)
        loss.backward()
        theirs.append(loss.item())
        return loss

    while len(theirs) < 30:  # beyond one call's 20 iterations
        optimizer.step(closure)
    np.testing.assert_allclose(descended(*quadratic, 30)[:25], theirs[:25], rtol=1e-6, atol=1e-12)
