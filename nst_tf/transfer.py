"""Paint the content of one picture in the style of another, in one call."""

import functools

import numpy.typing as npt
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture, as_image, as_picture
from nst_tf.layer_names import deepest
from nst_tf.network.activation_normalization import asks_for_normalization, normalize_activations
from nst_tf.recipe import Pictures, fit
from nst_tf.runs.painting import Painting
from nst_tf.runs.progress import Callback
from nst_tf.runs.start import Start
from nst_tf.scales.plan import check_sizes, painted_size, stages, style_size
from nst_tf.scales.resizing import resized
from nst_tf.stylizer import Stylizer, compiled_settings
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf.weights.sources import load_weights


def stylize(
    content: npt.ArrayLike | Picture,
    style: npt.ArrayLike | Picture,
    *,
    config: StyleConfig | None = None,
    start: Start = None,
    callback: Callback | None = None,
    report_every: int | None = None,
) -> Painting:
    """Paint the content of one picture in the style of another (Gatys, Ecker and Bethge 2015).

    Args:
        content: The content, `(H, W, 3)` or `(1, H, W, 3)`, RGB in [0, 1]; or a result of `nst_tf.load_picture`, whose
            transparent parts are ignored.
        style: The style, of any size, in the same form.
        config: The settings; the defaults if None.
        start: A picture to start from instead of `config.start`, of any size, in the same form. Or a result of
            `Progress.snapshot` from a run with the same pictures and settings, which then continues with the same
            result as if it had not been interrupted.
        callback: Called with a `Progress` a few times a second; returning `True` ends the run early.
        report_every: Call it at every multiple of this number of steps as well.

    Returns:
        The painting, with the content's proportions.

    Raises:
        ValueError: If a picture is malformed, or too small for the layers; if the snapshot is of another run.
        FileNotFoundError: If the file of the weights or of the start does not exist.
        MissingWeightsError: If ImageNet's weights were requested and are not available.
        DivergedError: If the loss stops being finite, even after the last step; a `FloatingPointError` that carries the
            last picture with a finite loss, in the size of the painting.
    """
    config = config or StyleConfig()
    content, style = as_picture("content", content), as_picture("style", style)
    stages(content.image.shape[1:3], style.image.shape[1:3], config)  # refuse before the weights are loaded
    stylizer = shared_stylizer(weights_for(content, style, config), compiled_settings(config))
    return stylizer.stylize(content, style, config=config, start=start, callback=callback, report_every=report_every)


@functools.lru_cache(maxsize=2)
def shared_stylizer(weights: NetworkWeights, settings: StyleConfig) -> Stylizer:
    """Return the Stylizer shared by all runs with these filters and compiled settings."""
    return Stylizer(settings, weights=weights)


def weights_for(content: Picture, style: Picture, config: StyleConfig) -> NetworkWeights:
    """Load the filters; if the settings say so, normalize them, as in the paper, on the pictures as painted."""
    weights = load_weights(config.weights, seed=config.seed)
    if not asks_for_normalization(config, weights):
        return weights
    size = painted_size(content.image.shape[1:3], config)
    pictures = resized(content, size), resized(style, style_size(style.image.shape[1:3], size, config))
    return normalize_activations(weights.up_to(deepest(config.layers)), pictures, pooling=config.pooling)


def fit_pictures(content: npt.ArrayLike, style: npt.ArrayLike, *, config: StyleConfig) -> Pictures:
    """Check both pictures and resize them to the sizes of the run.

    The content's longer side becomes `config.size`. The style's becomes `config.style_scale` times that; unlike in the
    paper, which resizes the style to the content's size, it is not stretched unless `config.style_proportions` says so.
    """
    pictures = Pictures(tf.constant(as_image("content", content)), tf.constant(as_image("style", style)))
    sizes = pictures.content.shape[1:3], pictures.style.shape[1:3]
    check_sizes(*sizes, config)
    size = painted_size(sizes[0], config)
    return fit(pictures, size, style_size(sizes[1], size, config))
