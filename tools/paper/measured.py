"""How well content and style come back from the features alone."""

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import nst_tf
from nst_tf.config import STARTS, StyleConfig
from nst_tf.figures import texture
from nst_tf.losses import energy, gram_distance, gram_matrix, style_loss
from nst_tf.network.vgg19 import feature_model
from nst_tf.presets import FIGURE_SETTINGS, preset
from nst_tf.recipe import first_image
from nst_tf.scales.plan import painted_size
from nst_tf.sweeps import growing_subsets, layers_label
from nst_tf.transfer import fit_pictures
from tools.compare_networks.measures import distances

Echo = Callable[[str], None]

LONGER = 4
"""How many times as many evaluations the last texture gets."""


class Texture(NamedTuple):
    """How a texture compares with its source.

    Attributes:
        layers: What it was painted by.
        start: What it was painted from.
        evaluations: Of L-BFGS.
        left: Squared Gram distance as a share of the source's energy, in the mean over the layers.
        worst: The same in the layer where it is largest.
        factor: By how much the mean has fallen from the start.
        loss: By how much Eq 5 has, in which layers count by the scale of their activations, too.
        color: Distance between the distributions of colors, 0 to 1.
        spectrum: Distance between the power spectra, decibels.
    """

    layers: str
    start: str
    evaluations: int
    left: float
    worst: float
    factor: float
    loss: float
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
    target = np.asarray(fit_pictures(content, content, config=config).content.image)
    found = {}
    for layer in layers:
        found[layer] = peak_signal_to_noise(nst_tf.reconstruct(content, layer, config=config).image, target)
        echo(f"{picture.stem}  {config.weights}, {config.activations}  {layer}  {found[layer]:.2f} dB")
    return found


def textures(picture: Path, config: StyleConfig, *, echo: Echo) -> list[Texture]:
    """Paint the textures of growing subsets of layers, that of all also from strong noise and for longer."""
    subsets, style = growing_subsets(config.style_layers), nst_tf.load_image(picture)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        strong = Path(folder) / "noise.png"
        noise = np.random.default_rng(config.seed).random((1, *painted_size(style.shape[1:3], config), 3))
        nst_tf.save_image(strong, noise.astype(np.float32))
        runs: list[tuple[list[str], dict[str, Any]]] = [(subset, {}) for subset in subsets]
        runs += [(subsets[-1], {"start": str(strong)}), (subsets[-1], {"steps": LONGER * config.steps})]
        for subset, changes in runs:
            canvas, fitted = texture(style, size=None, config=dataclasses.replace(config, style_layers=subset))
            found.append(_texture(canvas, style, dataclasses.replace(fitted, **changes)))
            echo(f"{picture.stem}  {config.weights}  {found[-1]}")
    return found


def _texture(canvas: np.ndarray, style: np.ndarray, config: StyleConfig) -> Texture:
    pictures = fit_pictures(canvas, style, config=config)
    source, named = pictures.styles[0].image, config.start in STARTS
    start = first_image(pictures, config.start if named else tf.constant(nst_tf.load_image(config.start)), config.seed)
    painting = nst_tf.stylize(canvas, style, config=config)
    (before, first), (after, last) = (_gram_distances(image, source, config) for image in (start, painting.image))
    measured = distances(painting.image[0], source[0].numpy())
    return Texture(
        layers=layers_label(config.style_layers),
        start="faint noise" if config.start == "noise" else "noise in [0, 1]",
        evaluations=config.steps,
        left=float(np.mean(after)),
        worst=max(after),
        factor=sum(before) / sum(after),
        loss=first / last,
        color=measured["color"],
        spectrum=measured["spectrum"],
    )


def _gram_distances(image: np.ndarray, source: np.ndarray, config: StyleConfig) -> tuple[list[float], float]:
    """Return each layer's squared Gram distance as a share of the source's energy, and Eq 5."""
    model = feature_model(config.style_layer_weights, weights=config.weights, pooling=config.pooling)
    of_image, of_source = model(image), model(source)
    grams = {layer: gram_matrix(features) for layer, features in of_source.items()}
    shares = [float(gram_distance(of_image[layer], gram) / energy(gram)) for layer, gram in grams.items()]
    return shares, float(style_loss(of_image, grams, layer_weights=config.style_layer_weights))
