"""Paint the content of one picture in the style of another, in one call."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture, as_image, as_picture
from nst_tf.images.regions import arrange
from nst_tf.layer_names import deepest
from nst_tf.network.activation_normalization import asks_for_normalization, normalize_activations
from nst_tf.pictures import Pictures, as_tensors, fit_to, recolor
from nst_tf.runs.painting import Painting
from nst_tf.runs.progress import Callback
from nst_tf.runs.start import Start
from nst_tf.saved_styles import AnyStyle, plan_run
from nst_tf.scales.plan import check_sizes, painted_size
from nst_tf.styles import Styles, as_styles
from nst_tf.stylizer import Stylizer, compiled_settings
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf.weights.sources import load_weights


def stylize(
    content: npt.ArrayLike | Picture,
    style: Styles,
    *,
    config: StyleConfig | None = None,
    start: Start = None,
    callback: Callback | None = None,
    report_every: int | None = None,
) -> Painting:
    """Paint the content of one picture in the style of another (Gatys, Ecker and Bethge 2015).

    Args:
        content: The content, `(H, W, 3)` or `(1, H, W, 3)`, RGB in [0, 1]; or a result of `nst_tf.load_picture`, whose
            transparent parts are ignored; or one of `nst_tf.add_masks`, with regions.
        style: The style, of any size, in the same form; or a result of `nst_tf.load_style`; or a list of several, of
            which `config.style_weights` are the shares.
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
    content, styles = as_picture("content", content), as_styles(style)
    arrange(content, styles, config)  # refuse before the weights are loaded
    plan_run(content, styles, config)
    stylizer = shared_stylizer(weights_for(content, styles, config), compiled_settings(config))
    return stylizer.stylize(content, styles, config=config, start=start, callback=callback, report_every=report_every)


@functools.lru_cache(maxsize=2)
def shared_stylizer(weights: NetworkWeights, settings: StyleConfig) -> Stylizer:
    """Return the Stylizer shared by all runs with these filters and compiled settings."""
    return Stylizer(settings, weights=weights)


def weights_for(content: Picture, styles: Sequence[AnyStyle], config: StyleConfig) -> NetworkWeights:
    """Load the filters; if the settings say so, normalize them, as in the paper, on the pictures as painted."""
    weights = load_weights(config.weights, seed=config.seed)
    if not asks_for_normalization(config, weights):
        return weights
    size = painted_size(content.size, config)
    if any(not isinstance(style, Picture) for style in styles):
        raise ValueError(
            "These settings normalize the filters on the pictures, and a style file holds none; choose activations "
            "unchanged, or give the style's picture."
        )
    fitted = recolor(fit_to(as_tensors(content, styles), size, config), config.color, config.color_map)
    pictures = [_as_arrays(each) for each in (fitted.content, *fitted.styles)]
    return normalize_activations(weights.up_to(deepest(config.layers)), pictures, pooling=config.pooling)


def fit_pictures(content: npt.ArrayLike, style: npt.ArrayLike, *, config: StyleConfig) -> Pictures:
    """Check both pictures and resize them to the sizes of the run.

    The content's longer side becomes `config.size`. The style's becomes `config.style_scale` times that; unlike in the
    paper, which resizes the style to the content's size, it is not stretched unless `config.style_proportions` says so.
    """
    pictures = as_tensors(Picture(as_image("content", content)), [Picture(as_image("style", style))])
    check_sizes(pictures.content.size, [pictures.styles[0].size], config)
    return fit_to(pictures, painted_size(pictures.content.size, config), config)


def _as_arrays(picture: Picture) -> Picture:
    parts: list[Any] = [None if part is None else np.asarray(part) for part in picture]
    return Picture(*parts)
