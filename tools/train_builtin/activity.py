"""Activations of the finished network on pictures: dead filters, mean activation per layer."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from PIL import Image, ImageOps

from tools.train_builtin.arrays import Arrays
from tools.train_builtin.network import plain
from tools.train_builtin.vgg19 import CHANNEL_MEANS


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Statistics of activations over pictures, `(C,)` by layer name.

    Attributes:
        mean: Mean activation.
        square: Mean of its square.
        peak: Largest activation.
    """

    mean: Arrays
    square: Arrays
    peak: Arrays


def read_picture(path: Path, *, size: int) -> np.ndarray:
    """Read a picture file, reduced to `size` pixels on its longer side: `(H, W, 3)`, 0 to 255 RGB."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((size, size), Image.Resampling.LANCZOS)
    return np.asarray(upright, np.float32)


def measure(weights: Arrays, pictures: Iterable[np.ndarray]) -> Activity:
    """Run the plain network over pictures, one by one; they may differ in size.

    Args:
        weights: Float kernels and biases.
        pictures: `(H, W, 3)` each, 0 to 255 RGB.
    """
    model = plain(weights)
    means: dict[str, list[np.ndarray]] = {}
    squares: dict[str, list[np.ndarray]] = {}
    peaks: dict[str, list[np.ndarray]] = {}
    for picture in pictures:
        image = picture[None, ..., ::-1].astype(np.float32) - np.asarray(CHANNEL_MEANS, np.float32)
        for name, maps in model(image, training=False).items():
            array = keras.ops.convert_to_numpy(maps)
            means.setdefault(name, []).append(array.mean((0, 1, 2)))
            squares.setdefault(name, []).append(np.square(array).mean((0, 1, 2)))
            peaks.setdefault(name, []).append(array.max((0, 1, 2)))
    return Activity(
        mean={name: np.mean(values, 0) for name, values in means.items()},
        square={name: np.mean(values, 0) for name, values in squares.items()},
        peak={name: np.max(values, 0) for name, values in peaks.items()},
    )


def dead_share(activity: Activity, *, below: float = 0.01) -> dict[str, float]:
    """Return the share of filters per layer whose peak is at most `below` times the layer's mean."""
    return {name: float(np.mean(peak <= below * activity.mean[name].mean())) for name, peak in activity.peak.items()}


def mean_one_scales(activity: Activity, *, per_filter: bool, floor: float = 0.1) -> Arrays:
    """Return the factors that scale mean activations to one, for `fold.rescale`.

    Args:
        activity: Measured on pictures like those that the network is for.
        per_filter: One factor per filter instead of one per layer.
        floor: Least mean of a filter, as a share of its layer's mean, so that rarely active filters are not
            amplified too much.
    """
    scales: Arrays = {}
    for name, mean in activity.mean.items():
        layer = np.full_like(mean, mean.mean())
        strength = np.maximum(mean, floor * layer) if per_filter else layer
        scales[name] = (1.0 / np.maximum(strength, np.finfo(np.float32).tiny)).astype(np.float32)
    return scales
