"""Gatys' own published run, with ImageNet's filters: the losses that his PyTorch notebook printed (tools/paper)."""

import itertools

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from nst_tf import feature_model, load_weights
from nst_tf.weights.imagenet import cached_eight_bit, cached_full
from tools.paper.published import (
    PRINTED,
    SHORTER_SIDE,
    four_pixels,
    missing_picture,
    published_objective,
    reduced,
    repeat,
    torch_lbfgs,
)


@pytest.mark.published
def test_published_losses_come_out_within_five_percent(shared_images, own_environment):
    weights = cached_full() or cached_eight_bit()
    if weights is None:
        pytest.skip("ImageNet's filters are not on this machine: nst-tf weights fetch")
    if missing := missing_picture(shared_images):
        pytest.skip(missing)
    found = dict(repeat(shared_images, weights, reading="four pixels", evaluations=max(PRINTED) - 1))
    assert found == pytest.approx(PRINTED, rel=0.05), weights.name


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

    return list(itertools.islice(torch_lbfgs(evaluate, np.zeros(12)), evaluations))


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


def test_without_smoothing_only_the_four_nearest_pixels_count(tmp_path):
    """At an eighth of the size four pixels see a quarter of the columns: a dot elsewhere is lost if nothing smooths."""
    dots = np.zeros((SHORTER_SIDE * 8, SHORTER_SIDE * 8, 3), np.uint8)
    dots[4::16, 4::16] = 255
    Image.fromarray(dots).save(tmp_path / "dots.png")
    smooth, four = (reduced(tmp_path / "dots.png", smooth=smooth) for smooth in (True, False))
    assert smooth.shape == four.shape == (1, SHORTER_SIDE, SHORTER_SIDE, 3)
    assert four.max() == 0 < smooth.max()


def test_four_pixels_are_those_around_the_corner(rng):
    """By SciPy, whose coordinates are pixels' middles: half a pixel less than the corner that was looked up."""
    picture = rng.integers(0, 256, (24, 36, 3), dtype=np.uint8)
    places = np.meshgrid(np.arange(16) * 1.5 - 0.5, np.arange(24) * 1.5 - 0.5, indexing="ij")
    expected = [
        ndimage.map_coordinates(picture[..., c].astype(float), places, order=1, mode="nearest") for c in (0, 1, 2)
    ]
    np.testing.assert_array_equal(four_pixels(picture, (24, 16)), np.floor(np.stack(expected, axis=-1)))
