"""Everything that is measured of one picture, so that it is measured once and compared with several others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from nst_tf import feature_model
from nst_tf.images.picture import as_image
from nst_tf.scales.resizing import resize
from nst_tf.weights.network_weights import NetworkWeights
from tools.compare_networks.measures import Array, power_density
from tools.judge.artifacts import specks
from tools.judge.content import edges, self_similarity
from tools.judge.oklab import palette
from tools.judge.style import Gaussian, gaussian, patches

STYLE_LAYERS = ("block1_conv2", "block2_conv2", "block3_conv2", "block4_conv2")
"""Layers that no default reads as style."""

PLACE_LAYER = "block3_conv1"
"""Layer whose features are compared with each other, and whose patches are counted."""

CONTENT_LAYER = "block4_conv3"

Eye = Callable[[npt.ArrayLike, tuple[int, int]], "Described"]
"""From a picture, `(H, W, 3)` in [0, 1], and the size to look at it, to what is seen."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Described:
    """What is measured of a picture.

    Attributes:
        gaussians: Style layer to the moments of its features.
        colors: Quantiles in OkLab.
        patches: Patches of features at the points of a grid.
        others: Patches between the points of that grid.
        similarity: Which places resemble which others.
        content: Features of the content layer, `(h, w, C)`.
        edges: Steepness of the luminance, `(H, W)`.
        power: Its power per frequency, `(H, W)`.
        specks: How much single pixels stand out by hue.
    """

    gaussians: dict[str, Gaussian]
    colors: Array
    patches: Array
    others: Array
    similarity: Array
    content: Array
    edges: Array
    power: Array
    specks: float


def make_eye(weights: NetworkWeights) -> Eye:
    """Return a function that describes pictures as a network with average pooling sees them, in float32."""
    layers = (*STYLE_LAYERS, PLACE_LAYER, CONTENT_LAYER)
    model = feature_model(layers, weights=weights, pooling="average", dtype="float32")
    look = tf.function(model, reduce_retracing=True)

    def eye(picture: npt.ArrayLike, size: tuple[int, int]) -> Described:
        image = resize(tf.constant(as_image("picture", picture), tf.float32), size)
        return _described(image[0].numpy(), {name: value[0].numpy() for name, value in look(image).items()})

    return eye


def _described(image: Any, features: dict[str, Any]) -> Described:
    places = features[PLACE_LAYER]
    return Described(
        gaussians={name: gaussian(features[name].reshape(-1, features[name].shape[-1])) for name in STYLE_LAYERS},
        colors=palette(image),
        patches=patches(places),
        others=patches(places, offset=0.0),
        similarity=self_similarity(places),
        content=features[CONTENT_LAYER],
        edges=edges(image),
        power=power_density(image)[0],
        specks=specks(image),
    )
