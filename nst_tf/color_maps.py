"""Map the colors of one picture to those of another: linear maps of mean and covariance, and optimal transport.

Pure tensor functions, also for the graph of a served model. Colors are sRGB values as stored in files, as in the code
that Gatys released. Every statistic is weighted by opacity. Values may leave [0, 1]; whoever uses them clips.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

NOISE = (1 / 255) ** 2
"""Variance below which colors count as noise, which no map amplifies: that of one level of 8 bits."""

TURNS = 8
"""Sets of three orthogonal axes along which `sliced_transport` moves colors."""


class Colors(NamedTuple):
    """The colors of a picture.

    Attributes:
        image: `(1, H, W, 3)`.
        alpha: Opacity, `(1, H, W, 1)` in [0, 1]; None if the picture is opaque.
    """

    image: tf.Tensor
    alpha: tf.Tensor | None = None


class Moments(NamedTuple):
    """Mean and covariance of colors, float64.

    Attributes:
        mean: `(C,)`.
        covariance: `(C, C)`, symmetric.
    """

    mean: tf.Tensor
    covariance: tf.Tensor


def moments(colors: Colors) -> Moments:
    """Return mean and covariance of colors, each pixel weighted by its opacity.

    Rows are summed in float32, and then with each other in float64, so that large pictures lose no precision.
    """
    image = colors.image[0]
    alpha = tf.ones_like(image[..., :1]) if colors.alpha is None else colors.alpha[0]
    total = tf.reduce_sum(tf.cast(tf.reduce_sum(alpha, axis=1), tf.float64))
    mean = _sum_of_rows(tf.matmul(alpha, image, transpose_a=True))[0] / total
    centered = image - tf.cast(mean, image.dtype)
    return Moments(mean, _sum_of_rows(tf.matmul(centered * alpha, centered, transpose_a=True)) / total)


def _sum_of_rows(rows: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(rows, tf.float64), axis=0)


def map_moments(source: Colors, target: Colors, method: str) -> tf.Tensor:
    """Map colors linearly, `x' = A x + b`, to another picture's mean and covariance (Gatys et al. 2017, section 5).

    Every `A` with `A S A^T = T` does that, for the covariances S of the source and T of the target. `cholesky` is
    `L_T L_S^-1` with lower triangular factors; `pca` is `T^(1/2) S^(-1/2)`, Image Analogies' color matching; `monge`
    is the symmetric one, `S^(-1/2) (S^(1/2) T S^(1/2))^(1/2) S^(-1/2)`, which moves colors least (Pitié and Kokaram
    2007). Where the source's colors hardly vary, less than `NOISE`, their variation is not amplified to the target's.

    Args:
        source: The colors to map.
        target: The colors whose mean and covariance they get.
        method: `cholesky`, `pca` or `monge`.

    Returns:
        The mapped image, of the source's shape.
    """
    found, wanted = moments(source), moments(target)
    matrix = linear_map(found.covariance, wanted.covariance, method)
    offset = wanted.mean - tf.linalg.matvec(matrix, found.mean)
    pixels = tf.reshape(source.image, (-1, 3))
    mapped = tf.matmul(pixels, tf.cast(matrix, pixels.dtype), transpose_b=True) + tf.cast(offset, pixels.dtype)
    return tf.reshape(mapped, tf.shape(source.image))


def linear_map(source: tf.Tensor, target: tf.Tensor, method: str) -> tf.Tensor:
    """Return the matrix A with `A S A^T = T`, `(3, 3)`.

    Args:
        source: The covariance S, `(3, 3)`, float64; eigenvalues below `NOISE` count as that.
        target: The covariance T.
        method: As `map_moments` takes it.
    """
    if method == "cholesky":
        factor, wanted = _cholesky(source, NOISE), _cholesky(target, 1e-12)
        return tf.linalg.matrix_transpose(
            tf.linalg.triangular_solve(factor, tf.linalg.matrix_transpose(wanted), lower=True, adjoint=True)
        )
    root, whitening = _root(source, NOISE), _inverse_root(source, NOISE)
    if method == "pca":
        return tf.matmul(_root(target, 0.0), whitening)
    middle = _root(tf.matmul(root, tf.matmul(target, root)), 0.0)
    return tf.matmul(whitening, tf.matmul(middle, whitening))


def _root(matrix: tf.Tensor, least: float) -> tf.Tensor:
    """Return the square root of a symmetric matrix whose eigenvalues count as `least` or more."""
    return _with_eigenvalues(matrix, lambda values: tf.sqrt(tf.maximum(values, tf.cast(least, values.dtype))))


def _inverse_root(matrix: tf.Tensor, least: float) -> tf.Tensor:
    return _with_eigenvalues(matrix, lambda values: tf.math.rsqrt(tf.maximum(values, tf.cast(least, values.dtype))))


def _cholesky(matrix: tf.Tensor, least: float) -> tf.Tensor:
    raised = _with_eigenvalues(matrix, lambda values: tf.maximum(values, tf.cast(least, values.dtype)))
    return tf.linalg.cholesky(raised)


def _with_eigenvalues(matrix: tf.Tensor, change: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    values, vectors = tf.linalg.eigh(matrix)
    return tf.matmul(vectors * change(values), vectors, transpose_b=True)


def match_mean_and_deviation(source: Colors, target: Colors) -> tf.Tensor:
    """Map one channel linearly to another picture's mean and standard deviation (Gatys et al. 2017, section 5.1).

    Args:
        source: The channel to map, `(1, h, w, 1)`; a deviation below the root of `NOISE` counts as that.
        target: The channel whose mean and deviation it gets, `(1, H, W, 1)`.
    """
    found, wanted = moments(source), moments(target)
    gain = tf.sqrt(wanted.covariance / tf.maximum(found.covariance, tf.constant(NOISE, tf.float64)))[0]
    offset = wanted.mean - gain * found.mean
    return source.image * tf.cast(gain, tf.float32) + tf.cast(offset, tf.float32)


def sliced_transport(source: Colors, target: Colors) -> tf.Tensor:
    """Give the colors the other picture's distribution, along many axes one after the other (Pitié et al. 2007).

    The axes are always the same `TURNS` orthogonal triples, so that the result is, too. One triple would be optimal
    transport of each channel by itself, which leaves colors that the other picture does not have. Variation of the
    source along an axis that is less than `NOISE` is not amplified to the target's.

    Args:
        source: The colors to map.
        target: The colors whose distribution they get.
    """
    pixels, weights = _as_pixels(source)
    wanted, wanted_weights = _as_pixels(target)
    turns = tf.constant(rotations(TURNS), pixels.dtype)

    def move(number: tf.Tensor, moved: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Move the colors along the axes of one triple."""
        own, before, after = (tf.matmul(each, turns[number]) for each in (pixels, moved, wanted))
        axes = [
            _without_noise(transport(before[:, c], weights, after[:, c], wanted_weights), own[:, c], weights)
            for c in range(3)
        ]
        return number + 1, tf.matmul(tf.stack(axes, axis=1), turns[number], transpose_b=True)

    start = (tf.constant(0), pixels)
    shapes = (tf.TensorShape([]), tf.TensorShape([None, 3]))
    _, moved = tf.while_loop(lambda number, _: number < TURNS, move, start, shapes, parallel_iterations=1)
    return tf.reshape(moved, tf.shape(source.image))


def _without_noise(mapped: tf.Tensor, values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Draw mapped values together around their mean if their pixels' own values vary by less than noise."""

    def mean(each: tf.Tensor) -> tf.Tensor:
        """Return the weighted mean, float64."""
        return tf.reduce_sum(tf.cast(each, tf.float64) * weights) / tf.reduce_sum(weights)

    variance = mean((tf.cast(values, tf.float64) - mean(values)) ** 2)
    share = tf.cast(tf.sqrt(tf.minimum(variance * (1 / NOISE), 1.0)), mapped.dtype)
    middle = tf.cast(mean(mapped), mapped.dtype)
    return middle + share * (mapped - middle)


def rotations(count: int) -> np.ndarray:
    """Return orthogonal matrices, `(count, 3, 3)`, whose columns are axes.

    The first are the channels, the last lightness and two differences of channels, so that a gray picture's
    distribution leaves nothing but gray; those between come from a fixed seed.
    """
    drawn = np.random.default_rng(0).standard_normal((count, 3, 3))
    drawn[0], drawn[-1] = np.eye(3), [[1, 1, 1], [1, -1, 1], [1, 0, -2]]
    return np.linalg.qr(drawn)[0]


def transport(values: tf.Tensor, weights: tf.Tensor, wanted: tf.Tensor, wanted_weights: tf.Tensor) -> tf.Tensor:
    """Map values to another distribution monotonically; equal values stay equal.

    A value's rank is the share of weight below it plus half of that at it; the result is the quantile of `wanted` at
    this rank, interpolated linearly between its values (Hazen's definition).

    Args:
        values: `(n,)`.
        weights: `(n,)`, float64, 0 or more, not all 0.
        wanted: `(m,)`.
        wanted_weights: `(m,)`, as `weights`.
    """
    ordered, sums = _ordered(values, weights)
    below, up_to = (
        tf.gather(sums, tf.searchsorted(ordered, values, side=side, out_type=tf.int64)) for side in ("left", "right")
    )
    knots, knot_sums = _ordered(wanted, wanted_weights)
    return _interpolate((below + up_to) / (2 * sums[-1]), (knot_sums[1:] + knot_sums[:-1]) / (2 * knot_sums[-1]), knots)


def _ordered(values: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return values in ascending order, `(n,)`, and the weight before each of them and that of all, `(n + 1,)`."""
    order = tf.argsort(values, stable=True)
    sums = tf.cumsum(tf.gather(weights, order))
    return tf.gather(values, order), tf.concat([tf.zeros_like(sums[:1]), sums], axis=0)


def _interpolate(at: tf.Tensor, positions: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Interpolate linearly between values at ascending positions, `(m,)`, and constantly beyond."""
    last = tf.size(positions, tf.int64) - 1
    above = tf.minimum(tf.searchsorted(positions, at, side="right", out_type=tf.int64), last)
    below = tf.maximum(above - 1, 0)
    left, right = tf.gather(positions, below), tf.gather(positions, above)
    share = tf.cast(tf.clip_by_value(tf.math.divide_no_nan(at - left, right - left), 0, 1), values.dtype)
    low, high = tf.gather(values, below), tf.gather(values, above)
    return low + share * (high - low)


def _as_pixels(colors: Colors) -> tuple[tf.Tensor, tf.Tensor]:
    """Return colors as `(n, 3)`, and their weights, `(n,)`, float64."""
    pixels = tf.reshape(colors.image, (-1, 3))
    alpha = tf.ones_like(pixels[:, 0]) if colors.alpha is None else tf.reshape(colors.alpha, (-1,))
    return pixels, tf.cast(alpha, tf.float64)
