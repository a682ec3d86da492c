"""Carry colors through all layers of a trained network.

A network trained to tell pictures apart whatever their colors loses color information: its deep layers encode neither
brightness nor which colors are next to each other over more than a few pixels, and textures painted with it show
neither. So some filters of every layer are replaced with carriers, which pass on the responses of the first layer's
color spots. Pooling turns these into the colors of ever larger regions, and Gram matrices capture how they vary and
which of the layer's patterns they go with. Biases replace the mean of what the other filters lose.
"""

import itertools

import numpy as np

from tools.train_builtin.activity import Activity
from tools.train_builtin.arrays import Arrays
from tools.train_builtin.fold import layer_names, rescale

STRENGTH = {"block1": 1.0, "block2": 1.0, "block3": 2.0, "block4": 16.0, "block5": 64.0}
"""Mean square of a carrier's activations, relative to that of the layer's other filters; larger regions weigh more."""

HUSH = {"block4_conv2": 0.6}
"""Factor on the carriers of the content layer, so that a painting may take other colors, within limits."""

SPOT_SHARE = 0.15
"""Factor on the spots of the first layer, which would otherwise outweigh edges in its Gram matrix."""

LEAST_SUM = 0.3
"""Least ratio of sum to absolute sum of a spot's weights in a color channel; those of an edge cancel out."""


def carry_colors(weights: Arrays, activity: Activity) -> Arrays:
    """Replace the least used filters of every layer but the first with carriers of the first layer's spots.

    Args:
        weights: Plain float weights.
        activity: Measured with these weights, on pictures like those that the network is for.

    Returns:
        New weights.
    """
    result = {name: array.copy() for name, array in weights.items()}
    names = layer_names(weights)
    first = names[0]
    carried = carriers = spots(weights[f"{first}/kernel"])
    power = activity.square[first][carriers].mean()
    scales = {first: np.where(np.isin(np.arange(weights[f"{first}/bias"].size), carriers), SPOT_SHARE, 1.0)}
    for name, after in itertools.zip_longest(names[1:], names[2:]):
        slots = _least_used(result, name, after, activity)[: len(carriers)]
        _give_up(result, name, after, slots, activity.mean[name])
        result[f"{name}/kernel"][1, 1, carried, slots] = 1.0
        wanted = STRENGTH[name.partition("_")[0]] * HUSH.get(name, 1.0) ** 2 * activity.square[name].mean()
        scales[name] = np.ones(activity.square[name].size)
        scales[name][slots] = np.sqrt(wanted / power)
        carried = slots
    return rescale(result, scales)


def spots(kernel: np.ndarray) -> np.ndarray:
    """Return the indices of the first-layer filters, `(3, 3, 3, out)`, that respond to uniform color, not to edges."""
    color = np.abs(kernel.sum((0, 1))).max(0)
    return np.flatnonzero(color > LEAST_SUM * np.abs(kernel).sum((0, 1)).max(0))


def _least_used(weights: Arrays, name: str, after: str | None, activity: Activity) -> np.ndarray:
    """Sort a layer's filters by how much of their variation the next layer reads, least first."""
    variation = np.sqrt(np.maximum(activity.square[name] - activity.mean[name] ** 2, 0))
    read = np.sqrt(np.square(weights[f"{after}/kernel"]).sum((0, 1, 3))) if after else 1.0
    return np.argsort(variation * read)


def _give_up(weights: Arrays, name: str, after: str | None, slots: np.ndarray, mean: np.ndarray) -> None:
    """Zero some filters, and add their mean to the next layer's bias."""
    weights[f"{name}/kernel"][..., slots] = 0
    weights[f"{name}/bias"][slots] = 0
    if after:
        readers = weights[f"{after}/kernel"]
        weights[f"{after}/bias"] += np.einsum("hwio,i->o", readers[:, :, slots], mean[slots])
        readers[:, :, slots] = 0
