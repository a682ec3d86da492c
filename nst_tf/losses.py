"""The paper's losses as pure functions of features, and their forms relative to the target's energy.

Features are activations after the ReLU, `(B, H, W, C)`: the paper's `F` has one row for each of `N_l = C` channels
and one column for each of `M_l = H * W` positions. Every function returns float tensors of its inputs' type, works
eagerly and inside `tf.function`, and has finite gradients everywhere.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf

from nst_tf.custom_gradients import custom_gradient

Features = dict[str, tf.Tensor]
"""Maps a layer's name to its tensor."""


def gram_matrix(features: tf.Tensor, guides: tf.Tensor | None = None) -> tf.Tensor:
    """Correlate the channels over all positions (Eq 3), divided by the number of positions.

    Unlike the paper, which divides by `M_l` in the loss, this divides here, so that Gram matrices of pictures of
    different sizes can be compared.

    Args:
        features: Activations of one layer, `(B, H, W, C)`.
        guides: As `channel_products` takes them.

    Returns:
        `(B, C, C)`, symmetric; with guides `(R, C, C)`.
    """
    return channel_products(features, guides) / _positions(features)


def channel_products(features: tf.Tensor, guides: tf.Tensor | None = None) -> tf.Tensor:
    """Return the sum over all positions that a Gram matrix is the mean of; sums over parts of a picture add up.

    With guides there is one such matrix for each region: `F_r = T_r * F` and `G_r = F_r^T F_r` (Gatys et al. 2017,
    Controlling Perceptual Factors, section 4).

    Args:
        features: Activations of one layer, `(B, H, W, C)`; with guides, `B` is 1.
        guides: Factors of the features in each region, `(1, H, W, R)`; the whole picture is one region if None.

    Returns:
        `(B, C, C)`, symmetric; with guides `(R, C, C)`.
    """
    shape = tf.shape(features)
    columns = tf.reshape(features, (shape[0], -1, shape[3]))
    if guides is None:
        return _self_product(columns)
    factors = tf.unstack(tf.reshape(guides, (1, -1, guides.shape[3], 1)), axis=2)
    if len(factors) == 1:
        return _self_product(columns * factors[0])
    return tf.concat([_guided_product(columns, tf.square(factor)) for factor in factors], axis=0)


@custom_gradient
def _self_product(columns: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Compute `columns^T columns`; its gradient takes one matrix product, where TensorFlow's takes two."""

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        """Multiply by the upstream gradient, symmetrized."""
        return tf.matmul(columns, upstream + tf.linalg.matrix_transpose(upstream))

    return tf.matmul(columns, columns, transpose_a=True), gradient


@custom_gradient
def _guided_product(columns: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, Callable[..., Any]]:
    """Compute `columns^T (weights * columns)`; its gradient takes one matrix product, and none for the weights."""

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None]:
        """Multiply by the upstream gradient, symmetrized; there is none for the weights."""
        return tf.matmul(columns * weights, upstream + tf.linalg.matrix_transpose(upstream)), None

    return tf.matmul(columns, columns * weights, transpose_a=True), gradient


def energy(tensor: tf.Tensor) -> tf.Tensor:
    """Return the sum of squares, a scalar."""
    return tf.reduce_sum(tf.square(tensor))


def content_loss(features: Features, targets: Features, *, layer_weights: Mapping[str, float]) -> tf.Tensor:
    """Penalize a difference in features, `1/2 sum (F - P)^2` in each layer (Eq 1).

    Args:
        features: Layer name to activations of the generated image, `(1, H, W, C)`.
        targets: Layer name to the content's activations, of the same shape.
        layer_weights: Layer name to its weight; its keys decide which layers count.

    Returns:
        Scalar, zero when all features agree.
    """
    return _weighted_sum({name: energy(features[name] - targets[name]) / 2 for name in layer_weights}, layer_weights)


def mean_content_loss(
    features: Features,
    targets: Features,
    *,
    layer_weights: Mapping[str, float],
    positions: Features | None = None,
) -> tf.Tensor:
    """Penalize a difference in features per position, `1/(2 M_l) sum (F - P)^2` in each layer.

    Unlike Eq 1, a sum over positions, the value does not grow with the picture. The style term (Eq 4) is already a
    mean, so that a ratio alpha/beta means the same at any size.

    Arguments and result are those of `content_loss`; the numbers of positions, by layer, are those of the features if
    None.
    """
    positions = positions or {name: _positions(features[name]) for name in layer_weights}
    per_position = {name: weight / positions[name] for name, weight in layer_weights.items()}
    return content_loss(features, targets, layer_weights=per_position)


def style_loss(features: Features, grams: Features, *, layer_weights: Mapping[str, float]) -> tf.Tensor:
    """Penalize a difference in texture, layer by layer (Eqs 4 and 5).

    Each layer adds `w_l / (4 N_l^2)` times the squared distance between two Gram matrices, each divided by its own
    picture's number of positions. For pictures of equal size that is the paper's `1 / (4 N_l^2 M_l^2)`; unlike the
    paper, it also holds when the sizes differ.

    Args:
        features: Layer name to activations of the generated image, `(1, H, W, C)`.
        grams: Layer name to the style's Gram matrix per position, `(1, C, C)`.
        layer_weights: Layer name to `w_l`; its keys decide which layers count.

    Returns:
        Scalar, zero when all Gram matrices agree.
    """
    return style_loss_of_grams(_grams(features, layer_weights), grams, layer_weights=layer_weights)


def style_loss_of_grams(found: Features, grams: Features, *, layer_weights: Mapping[str, float]) -> tf.Tensor:
    """Return what `style_loss` does, from the Gram matrices of the generated image, `(1, C, C)`."""
    distances = {name: energy(found[name] - grams[name]) / (4 * _channels(found[name]) ** 2) for name in layer_weights}
    return _weighted_sum(distances, layer_weights)


def relative_content_loss(
    features: Features, targets: Features, energies: Features, *, layer_weights: Mapping[str, float]
) -> tf.Tensor:
    """Penalize a difference in features as a share of the content's own energy, `|F - P|^2 / |P|^2`.

    Unlike the paper's, the value depends neither on the picture's size nor on the scale of the activations.

    Args:
        features: Layer name to activations of the generated image, `(1, H, W, C)`.
        targets: Layer name to the content's activations, of the same shape.
        energies: Layer name to the scalar to divide by.
        layer_weights: Layer name to its weight; its keys decide which layers count.

    Returns:
        Scalar, zero when all features agree, about 1 when they are unrelated or zero.
    """
    shares = {name: energy(features[name] - targets[name]) / energies[name] for name in layer_weights}
    return _weighted_sum(shares, layer_weights)


def relative_style_loss(
    features: Features, grams: Features, energies: Features, *, layer_weights: Mapping[str, float]
) -> tf.Tensor:
    """Penalize a difference in texture as a share of the style's own energy, `|G - A|^2 / |A|^2`.

    Args:
        features: Layer name to activations of the generated image, `(1, H, W, C)`.
        grams: Layer name to the style's Gram matrix per position, `(1, C, C)`.
        energies: Layer name to the scalar to divide by.
        layer_weights: Layer name to `w_l`; its keys decide which layers count.

    Returns:
        Scalar, zero when all Gram matrices agree.
    """
    found = _grams(features, layer_weights)
    return relative_style_loss_of_grams(found, grams, energies, layer_weights=layer_weights)


def relative_style_loss_of_grams(
    found: Features, grams: Features, energies: Features, *, layer_weights: Mapping[str, float]
) -> tf.Tensor:
    """Return what `relative_style_loss` does, from the Gram matrices of the generated image, `(1, C, C)`."""
    shares = {name: energy(found[name] - grams[name]) / energies[name] for name in layer_weights}
    return _weighted_sum(shares, layer_weights)


def gram_distance(features: tf.Tensor, gram: tf.Tensor) -> tf.Tensor:
    """Return the squared distance between the Gram matrix of features and a given one, a scalar."""
    return energy(gram_matrix(features) - gram)


def total_variation_loss(image: tf.Tensor) -> tf.Tensor:
    """Return the mean squared difference between neighboring pixels, vertical plus horizontal.

    Not in the paper; it comes from Mahendran and Vedaldi (2015). The mean, unlike their sum, does not grow with the
    picture. A side of one pixel has no neighbors and adds nothing.

    Args:
        image: `(B, H, W, C)`.

    Returns:
        Scalar, zero for a flat image.
    """
    steps = _steps_right(image), _steps_down(image)
    return sum(energy(step) / tf.cast(tf.maximum(tf.size(step), 1), image.dtype) for step in steps)


def total_variation_of_part(crop: tf.Tensor, part: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
    """Return what a part of a picture adds to its `total_variation_loss`: the steps down and right from its pixels.

    Args:
        crop: A larger part around it, `(B, H, W, C)`.
        part: Its top, left, bottom and right in the crop, `(4,)`.
        counts: Number of steps down and right in the whole picture, `(2,)`.
    """
    top, left, bottom, right = tf.unstack(part)
    down = _steps_down(crop[:, top : bottom + 1, left:right])
    return energy(down) / counts[0] + energy(_steps_right(crop[:, top:bottom, left : right + 1])) / counts[1]


def _steps_down(image: tf.Tensor) -> tf.Tensor:
    return _differences(image, (0, 1, 0, 0))


def _steps_right(image: tf.Tensor) -> tf.Tensor:
    return _differences(image, (0, 0, 1, 0))


def _differences(image: tf.Tensor, step: tuple[int, int, int, int]) -> tf.Tensor:
    """Subtract each pixel from its neighbor. The gradient of `tf.slice` pads; that of an index runs on one core."""
    size = tf.shape(image) - step
    return tf.slice(image, step, size) - tf.slice(image, (0, 0, 0, 0), size)


def _grams(features: Features, layers: Iterable[str]) -> Features:
    return {name: gram_matrix(features[name]) for name in layers}


def _positions(features: tf.Tensor) -> tf.Tensor:
    height, width = tf.unstack(tf.shape(features)[1:3])
    return tf.cast(height * width, features.dtype)


def _channels(features: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.shape(features)[-1], features.dtype)


def _weighted_sum(values: Features, weights: Mapping[str, float]) -> tf.Tensor:
    return tf.add_n([weight * values[name] for name, weight in weights.items()]) if weights else 0.0
