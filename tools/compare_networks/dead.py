"""Filters that real pictures never activate."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nst_tf.config import StyleConfig
from nst_tf.layer_names import LAYERS, paper_name
from nst_tf.network.vgg19 import feature_model
from nst_tf.transfer import fit_pictures
from tools.compare_networks.document import table
from tools.compare_networks.sources import Network, Source

DEAD_BELOW = 1e-3
"""A filter is dead if its maximum is at most this share of its layer's mean maximum."""


class Activity(NamedTuple):
    """Activity of a layer on some pictures.

    Attributes:
        dead: Share of dead filters, 0 to 1.
        mean: Mean activation.
    """

    dead: float
    mean: float


def measure_activity(network: Network, sources: Iterable[Source], *, size: int) -> dict[str, Activity]:
    """Run a network over pictures, one by one.

    Args:
        network: The network, which may end early.
        sources: The pictures; each has the same weight, whatever its proportions.
        size: Longer side of the resized pictures, pixels.

    Returns:
        Activity by layer name, in the network's order.
    """
    weights, config = network.load(), StyleConfig(size=size)
    model = feature_model(weights.layers, weights=weights)
    largest, mean = [], []
    for source in sources:
        image = source.load()
        features = model(fit_pictures(image, image, config=config).content.image)
        largest.append({name: np.max(maps, axis=(0, 1, 2)) for name, maps in features.items()})
        mean.append({name: float(np.mean(maps)) for name, maps in features.items()})
    return {
        layer: Activity(
            dead=dead_share(np.max([each[layer] for each in largest], axis=0)),
            mean=float(np.mean([each[layer] for each in mean])),
        )
        for layer in weights.layers
    }


def dead_share(largest: npt.NDArray[np.float32]) -> float:
    """Return the share of dead filters, given the maximum activation of each, `(C,)`; 1 if all are zero."""
    return float(np.mean(largest <= DEAD_BELOW * np.mean(largest)))


def activity_table(activities: dict[str, dict[str, Activity]], sources: Sequence[Source], *, size: int) -> str:
    """Format the activity of several networks, by name and layer, as Markdown."""
    header = ["Layer", *(f"{name}, {what}" for name in activities for what in ("dead", "mean"))]
    rows = [
        [paper_name(layer), *(text for layers in activities.values() for text in _texts(layers.get(layer)))]
        for layer in LAYERS
    ]
    summary = (
        f"Share of filters that stay below {DEAD_BELOW:g} of their layer's mean maximum on {len(sources)} pictures of "
        f"{size} px ({', '.join(source.label for source in sources)}), and mean activation."
    )
    return f"{summary}\n\n{table(header, rows)}"


def _texts(activity: Activity | None) -> tuple[str, str]:
    return (f"{activity.dead:.1%}", f"{activity.mean:.3g}") if activity else ("", "")
