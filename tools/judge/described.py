"""All measurements of one picture, taken once and compared with several others."""

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
"""Layers that are not among the default style layers."""

PLACE_LAYER = "block3_conv1"
"""Layer of the self-similarity and of the patches."""

CONTENT_LAYER = "block4_conv3"

Eye = Callable[[npt.ArrayLike, tuple[int, int]], "Described"]
"""Measures a picture, `(H, W, 3)` in [0, 1], at a given size."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Described:
    """Measurements of a picture.

    Attributes:
        gaussians: Maps a style layer to the moments of its features.
        colors: Quantiles in OkLab.
        patches: Patches of features at the points of a grid.
        others: Patches between the points of that grid.
        similarity: Self-similarity of positions.
        content: Features of the content layer, `(h, w, C)`.
        edges: Gradient magnitude of luminance, `(H, W)`.
        power: Power per frequency, `(H, W)`.
        specks: How much the color of single pixels stands out.
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
    """Return a function that measures pictures with the features of a network with average pooling, in float32."""
    layers = (*STYLE_LAYERS, PLACE_LAYER, CONTENT_LAYER)
    model = feature_model(layers, weights=weights, pooling="average", dtype="float32")
    look = tf.function(model, reduce_retracing=True)

    def eye(picture: npt.ArrayLike, size: tuple[int, int]) -> Described:
        """Measure a picture at a size."""
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
