"""How well content and style come back from the features alone."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nst_tf
from nst_tf.config import StyleConfig
from nst_tf.figures import texture
from nst_tf.losses import energy, gram_distance, gram_matrix
from nst_tf.network.vgg19 import feature_model
from nst_tf.presets import FIGURE_SETTINGS, preset
from nst_tf.recipe import white_noise
from nst_tf.scales.plan import painted_size
from nst_tf.scales.resizing import resize
from nst_tf.sweeps import growing_subsets, layers_label
from nst_tf.transfer import fit_pictures
from tools.compare_networks.measures import distances

Echo = Callable[[str], None]


class Texture(NamedTuple):
    """How a texture compares with its source.

    Attributes:
        layers: What it was painted by.
        total: Factor by which the style term has fallen from the noise.
        least: Factor by which the Gram distance of a layer has fallen, in the layer where it has fallen least.
        color: Distance between the distributions of colors, 0 to 1.
        spectrum: Distance between the power spectra, decibels.
    """

    layers: str
    total: float
    least: float
    color: float
    spectrum: float


def settings(weights: str, **changes: Any) -> StyleConfig:
    """Return the settings of a figure."""
    return preset("paper", **{**FIGURE_SETTINGS, "weights": weights, **changes})


def peak_signal_to_noise(image: np.ndarray, target: np.ndarray) -> float:
    """Return the PSNR of two pictures in [0, 1], decibels."""
    return float(-10 * np.log10(np.mean(np.square(image - target, dtype=np.float64))))


def reconstructions(picture: Path, layers: Sequence[str], config: StyleConfig, *, echo: Echo) -> dict[str, float]:
    """Reconstruct a picture from each of some layers: layer to PSNR."""
    content = nst_tf.load_image(picture)
    target = fit_pictures(content, content, config=config)[0].numpy()
    found = {}
    for layer in layers:
        found[layer] = peak_signal_to_noise(nst_tf.reconstruct(content, layer, config=config).image, target)
        echo(f"{picture.stem}  {config.weights}, {config.activations}  {layer}  {found[layer]:.2f} dB")
    return found


def textures(picture: Path, config: StyleConfig, *, echo: Echo) -> list[Texture]:
    """Paint the textures of growing subsets of layers, and compare them with the picture and with noise."""
    found = []
    for subset in growing_subsets(config.style_layers):
        some = dataclasses.replace(config, style_layers=subset)
        found.append(_texture(nst_tf.load_image(picture), some))
        echo(f"{picture.stem}  {config.weights}  {found[-1]}")
    return found


def _texture(style: np.ndarray, config: StyleConfig) -> Texture:
    canvas, fitted = texture(style, size=None, config=config)
    source = resize(style, painted_size(style.shape[1:3], config))
    noise = white_noise(canvas.shape, fitted.seed)
    painting = nst_tf.synthesize_texture(style, config=config)
    before, after = (_gram_distances(image, source, config) for image in (noise, painting.image))
    measured = distances(painting.image[0], source[0].numpy())
    return Texture(
        layers=layers_label(config.style_layers),
        total=sum(before.values()) / sum(after.values()),
        least=min(before[layer] / after[layer] for layer in before),
        color=measured["color"],
        spectrum=measured["spectrum"],
    )


def _gram_distances(image: np.ndarray, source: np.ndarray, config: StyleConfig) -> dict[str, float]:
    """Return each layer's squared Gram distance as a share of the source's energy."""
    model = feature_model(config.style_layer_weights, weights=config.weights, pooling=config.pooling)
    of_image, of_source = model(image), model(source)
    grams = {layer: gram_matrix(features) for layer, features in of_source.items()}
    return {layer: float(gram_distance(of_image[layer], gram) / energy(gram)) for layer, gram in grams.items()}
