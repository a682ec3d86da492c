"""Which positions of a layer count, and how much: the alpha channel and the regions of a mask, one mechanism.

The network still processes every pixel. Receptive fields that cross the border of the visible part see its mean color
beyond; their features count in proportion to the opacity of the position.
"""

from collections.abc import Iterable

import tensorflow as tf

from nst_tf.layer_names import LAYERS, deepest, smallest_side
from nst_tf.losses import Features


def opacity_guides(alpha: tf.Tensor, layers: Iterable[str]) -> Features:
    """Return the factors by which features are multiplied, so that each position counts by its opacity.

    The opacity of a position is the mean over the pixels pooled into it. The factor is the square root of
    that, relative to its mean: so a mean of products of two features becomes their weighted mean, and a sum of squares
    becomes what it would be if the whole picture were like its visible part.

    Args:
        alpha: Opacity, `(1, H, W, 1)`, in [0, 1].
        layers: Names of layers.

    Returns:
        Layer name to `(1, h, w, 1)`; zero for a layer at which nothing is visible.
    """
    return {layer: _factor(_pooled(alpha, layer)) for layer in layers}


def region_guides(regions: tf.Tensor, layers: Iterable[str], propagation: str) -> Features:
    """Return each region's factors of the features, the guidance channels of Gatys et al. (2017), section 4.

    How a region propagates from the pixels to the positions of a layer: with `simple`, by the mean over the pixels
    pooled into a position; with `all`, a position counts if its receptive field touches the region; with `inside`, if
    its receptive field sees nothing but the region. Soft masks propagate by the largest and the least value seen.
    Unlike in the paper's code, which finds the latter two by noise in the network, they are computed from the mask.
    A region too narrow for `inside` at a layer propagates there as with `simple`.

    Args:
        regions: How much each pixel belongs to each region, `(1, H, W, R)`, in [0, 1].
        layers: Names of layers.
        propagation: `simple`, `all` or `inside`.

    Returns:
        Layer name to `(1, h, w, R)`. The mean square of a region's factors is one, or zero if the region has no
        pixels there; the paper's sum of squares is one, which goes with a Gram matrix that is not a mean.
    """
    layers = tuple(layers)
    pooled = {layer: _pooled(regions, layer) for layer in layers}
    if propagation == "all":
        return {layer: _factor(seen) for layer, seen in _largest_seen(regions, layers).items()}
    if propagation == "inside":
        insides = {layer: 1 - seen for layer, seen in _largest_seen(1 - regions, layers).items()}
        pooled = {layer: tf.where(_is_present(insides[layer]), insides[layer], pooled[layer]) for layer in layers}
    return {layer: _factor(weights) for layer, weights in pooled.items()}


def present_regions(guides: tf.Tensor) -> tf.Tensor:
    """Return 1 for each region that has positions in a layer, else 0.

    Args:
        guides: The layer's, `(1, h, w, R)`.

    Returns:
        `(R,)`.
    """
    return tf.cast(_is_present(guides)[0, 0, 0], guides.dtype)


def region_shares(alpha: tf.Tensor | None, regions: tf.Tensor) -> tf.Tensor:
    """Return each region's share of what is visible of a picture, `(R,)`.

    Args:
        alpha: Opacity, `(1, H, W, 1)` in [0, 1]; None if the picture is opaque.
        regions: `(1, H, W, R)` in [0, 1].
    """
    visible = tf.ones_like(regions[..., :1]) if alpha is None else alpha
    return tf.reduce_sum(regions * visible, axis=(0, 1, 2)) / tf.maximum(tf.reduce_sum(visible), 1e-12)


def grow(regions: tf.Tensor, pixels: int) -> tf.Tensor:
    """Grow regions by a number of pixels in every direction; shrink them if it is negative.

    Args:
        regions: `(1, H, W, R)` in [0, 1].
        pixels: The number.

    Returns:
        `(1, H, W, R)` in [0, 1].
    """
    if pixels <= 0:
        return 1 - grow(1 - regions, -pixels) if pixels else regions
    side = 2 * pixels + 1
    return tf.nn.max_pool2d(tf.nn.max_pool2d(regions, (side, 1), 1, "SAME"), (1, side), 1, "SAME")


def soften(mask: tf.Tensor, pixels: int) -> tf.Tensor:
    """Give a mask a soft edge that lies inside: what is 0 stays 0, and 1 is reached at twice that distance.

    Args:
        mask: `(1, H, W, 1)` in [0, 1].
        pixels: Half the width of the edge.

    Returns:
        `(1, H, W, 1)` in [0, 1].
    """
    if not pixels:
        return mask
    side = 2 * pixels + 1
    narrow = grow(mask, -pixels)
    return tf.nn.avg_pool2d(tf.nn.avg_pool2d(narrow, (side, 1), 1, "SAME"), (1, side), 1, "SAME")


def apply_guides(features: Features, factors: Features) -> Features:
    """Multiply features by the factors of `opacity_guides`; without factors, return them unchanged."""
    return {layer: features[layer] * factor for layer, factor in factors.items()} if factors else features


def _pooled(regions: tf.Tensor, layer: str) -> tf.Tensor:
    side = smallest_side([layer])
    return tf.nn.avg_pool2d(regions, side, side, "VALID")


def _largest_seen(regions: tf.Tensor, layers: Iterable[str]) -> Features:
    """Return the largest value in the receptive field of every position, layer by layer.

    A 3x3 convolution of the network is a 3x3 maximum here, and a pooling a 2x2 maximum; pixels beyond the picture's
    border belong to no region, and count for none.
    """
    seen: Features = {}
    for layer in LAYERS[: LAYERS.index(deepest(layers)) + 1]:
        if seen and layer.endswith("conv1"):
            regions = tf.nn.max_pool2d(regions, 2, 2, "VALID")
        regions = seen[layer] = tf.nn.max_pool2d(regions, 3, 1, "SAME")
    return {layer: seen[layer] for layer in layers}


def _is_present(weights: tf.Tensor) -> tf.Tensor:
    return tf.reduce_any(weights > 0, axis=(0, 1, 2), keepdims=True)


def _factor(weights: tf.Tensor) -> tf.Tensor:
    mean = tf.reduce_mean(weights, axis=(1, 2), keepdims=True)
    return tf.sqrt(weights / tf.maximum(mean, tf.constant(1e-12, weights.dtype)))
