"""Colors, carried through all layers of a trained network.

A network that is taught to tell pictures apart whatever their colors forgets them on its way down: its deep layers
know neither what is dark and what is bright, nor which colors stand beside each other over more than a few pixels, and
neither do textures painted with it. So some filters of every layer are given up for carriers, which pass on what the
color spots of the first layer answer: the pooling makes of it the colors of ever larger places, and a Gram matrix how
these vary and where the layer's patterns go with them. The other filters are given the mean of what they lose.
"""

import itertools

import numpy as np

from tools.train_builtin.activity import Activity
from tools.train_builtin.arrays import Arrays
from tools.train_builtin.fold import layer_names, rescale

STRENGTH = {"block1": 1.0, "block2": 1.0, "block3": 2.0, "block4": 16.0, "block5": 64.0}
"""Mean square of a carrier's answers over that of the layer's other filters: the larger the places, the more a color
over all of one counts."""

HUSH = {"block4_conv2": 0.6}
"""Factor on the carriers of the layer that content is taken from: a painting may take other colors, within limits."""

SPOT_SHARE = 0.15
"""Factor on the spots of the first layer, whose Gram matrix would else hold colors and no edges."""

LEAST_SUM = 0.3
"""Share of the absolute sum of its weights that a spot's weights of one color channel add up to; an edge's cancel."""


def carry_colors(weights: Arrays, activity: Activity) -> Arrays:
    """Make the least used filters of every layer but the first carry the first layer's spots.

    Args:
        weights: Plain float weights.
        activity: Of these weights, over pictures like those the network is for.

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
    """Return which filters of a first layer `(3, 3, 3, out)` answer to a color all over, and not to edges."""
    color = np.abs(kernel.sum((0, 1))).max(0)
    return np.flatnonzero(color > LEAST_SUM * np.abs(kernel).sum((0, 1)).max(0))


def _least_used(weights: Arrays, name: str, after: str | None, activity: Activity) -> np.ndarray:
    """Order a layer's filters by how much of their variation the next layer reads, the least first."""
    variation = np.sqrt(np.maximum(activity.square[name] - activity.mean[name] ** 2, 0))
    read = np.sqrt(np.square(weights[f"{after}/kernel"]).sum((0, 1, 3))) if after else 1.0
    return np.argsort(variation * read)


def _give_up(weights: Arrays, name: str, after: str | None, slots: np.ndarray, mean: np.ndarray) -> None:
    """Empty some filters; the next layer gets their mean by its bias instead."""
    weights[f"{name}/kernel"][..., slots] = 0
    weights[f"{name}/bias"][slots] = 0
    if after:
        readers = weights[f"{after}/kernel"]
        weights[f"{after}/bias"] += np.einsum("hwio,i->o", readers[:, :, slots], mean[slots])
        readers[:, :, slots] = 0
