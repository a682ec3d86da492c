"""Gatys' own published run: the losses that his PyTorch notebook printed, and the same run here.

leongatys/PytorchNeuralStyleTransfer: the Neckarfront in the style of The Starry Night, 512 px on the shorter side, max
pooling, from the content, PyTorch's L-BFGS as it comes (no line search, no bounds, 100 pairs), 500 evaluations. Loss
and gradient are ours; only the optimizer, whose every step counts here, is written out.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image

from nst_tf import StyleConfig, feature_model
from nst_tf.images.picture import Picture
from nst_tf.layer_names import BLOCKS, smallest_side
from nst_tf.objective import term_weights
from nst_tf.pictures import as_tensors
from nst_tf.recipe import make_recipe, measure
from nst_tf.weights.network_weights import NetworkWeights

Array = npt.NDArray[Any]

Evaluate = Callable[[Array], tuple[Any, Array]]
"""From pixels, 0 to 255, to the loss and its gradient."""

PICTURES = {
    "tubingen.jpg": "e67d1869f01fd805385c681a80d9ebcf0f70ea4a5fe6127f0606bb1c7f4bf506",
    "vangogh_starry_night.jpg": "228bebf0",
}
"""File to its SHA-256, or how that begins: the photograph, then the painting."""

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


READINGS = {"smooth": True, "four pixels": False}
"""How the pictures are reduced: the name of a column to what `reduced` takes."""


def recorded(folder: Path, reading: str, losses: Mapping[int, float] | None = None) -> dict[int, float]:
    """Return what a run with a reading has given, label to loss; write it down first if it is given."""
    file = folder / f"{reading.replace(' ', '-')}.json"
    if losses:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(losses))
    return {int(label): loss for label, loss in json.loads(file.read_text()).items()} if file.is_file() else {}


def missing_picture(folder: Path) -> str | None:
    """Say which of the two files is not there, or is another; None if both are the ones that were painted."""
    for name, digest in PICTURES.items():
        path = folder / name
        if not path.is_file() or not hashlib.sha256(path.read_bytes()).hexdigest().startswith(digest):
            return f"{name}, the very file that was painted (sha256 {digest[:8]}), is not in {folder.name}"
    return None


def repeat(folder: Path, weights: NetworkWeights, *, reading: str, evaluations: int) -> Iterator[tuple[int, float]]:
    """Repeat the run, and provide each label with its loss when it is reached.

    Args:
        folder: Where the two pictures are.
        weights: ImageNet's filters.
        reading: One of `READINGS`.
        evaluations: How far to go; 499 for all labels.
    """
    content, style = (reduced(folder / name, smooth=READINGS[reading]) for name in PICTURES)
    losses = torch_lbfgs(published_objective(content, style, weights), content * 255)
    for label, loss in enumerate(itertools.islice(losses, evaluations), 2):
        if label in PRINTED:
            yield label, loss


def published_objective(content: Array, style: Array, weights: NetworkWeights) -> Evaluate:
    """Return the notebook's loss as a function of pixels, 0 to 255, and its gradient.

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
    recipe = make_recipe(network, config)
    goal = measure(recipe, as_tensors(Picture(content), [Picture(style)])), term_weights(config)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def evaluate(pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            loss = recipe.objective(pixels / 255.0, *goal).loss
        return loss, tape.gradient(loss, pixels)

    return lambda pixels: tuple(value.numpy() for value in evaluate(tf.constant(pixels)))


def torch_lbfgs(evaluate: Evaluate, x: Array, *, history: int = 100) -> Iterator[float]:
    """Run PyTorch's L-BFGS with its default settings, and provide the loss of every evaluation."""
    loss, gradient = evaluate(x)
    yield float(loss)
    direction, length = -gradient, min(1.0, 1.0 / float(np.sum(np.abs(gradient))))
    moves: list[Array] = []
    changes: list[Array] = []
    while True:
        x, before = x + np.float32(length) * direction, gradient
        loss, gradient = evaluate(x)
        yield float(loss)
        change, move = gradient - before, length * direction
        if np.vdot(change, move) > 1e-10:
            moves, changes = [*moves, move][-history:], [*changes, change][-history:]
        direction, length = -_two_loops(gradient, moves, changes), 1.0


def _two_loops(gradient: Array, moves: Sequence[Array], changes: Sequence[Array]) -> Array:
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


def reduced(path: Path, *, smooth: bool = True) -> Array:
    """Read a picture as the notebook does: bilinearly to 512 px on the shorter side, rounded down.

    Args:
        path: The file.
        smooth: Whether the filter grows with what it takes in, as Pillow's does since its release 2.7; before, it was
            `four_pixels`.
    """
    with Image.open(path) as file:
        width, height = file.size
        shorter = min(width, height)
        size = SHORTER_SIDE * width // shorter, SHORTER_SIDE * height // shorter
        picture = file.convert("RGB")
    resized = picture.resize(size, Image.Resampling.BILINEAR) if smooth else four_pixels(np.asarray(picture), size)
    return np.asarray(resized, np.float32)[None] / 255


def four_pixels(picture: Array, size: tuple[int, int]) -> Array:
    """Interpolate between the four nearest pixels, whatever the factor, as Pillow did before its release 2.7.

    A pixel's corner, not its middle, is what was looked up, and fractions of a level were dropped.

    Args:
        picture: `(H, W, 3)`, uint8.
        size: Width and height wanted.
    """
    rows, columns = (
        np.arange(wanted) * (side / wanted) - 0.5
        for wanted, side in zip((size[1], size[0]), picture.shape[:2], strict=True)
    )
    values = picture.astype(np.float64)
    return np.floor(_between(_between(values, rows, 0), columns, 1)).astype(np.uint8)


def _between(values: Array, places: Array, axis: int) -> Array:
    """Interpolate linearly along an axis; the outermost values go on outside."""
    lower = np.floor(places).astype(int)
    share = (places - lower).reshape(-1, *[1] * (values.ndim - 1 - axis))
    first, second = (np.take(values, index, axis=axis, mode="clip") for index in (lower, lower + 1))
    return np.asarray(first + (second - first) * share)
