"""The first layer's filters as a picture."""

import numpy as np
import numpy.typing as npt

from nst_tf.layer_names import LAYERS
from tools.compare_networks.sources import Network

COLUMNS, ENLARGED, LINE = 8, 16, 2
"""Filters per row; pixels per filter weight; width of the lines between filters, pixels."""


def filter_sheet(network: Network) -> npt.NDArray[np.float32]:
    """Draw the 64 filters of the first layer, each scaled by its largest weight.

    Returns:
        `(402, 402, 3)` in [0, 1], RGB; gray is zero, lines are white.
    """
    kernel = network.load().arrays[f"{LAYERS[0]}/kernel"][:, :, ::-1]  # VGG-19 reads BGR
    scaled = 0.5 + 0.5 * kernel / np.maximum(np.abs(kernel).max(axis=(0, 1, 2)), np.finfo(np.float32).tiny)
    pitch = 3 * ENLARGED + LINE
    rows = -(-kernel.shape[-1] // COLUMNS)
    sheet = np.ones((rows * pitch + LINE, COLUMNS * pitch + LINE, 3), np.float32)
    for index, small in enumerate(np.moveaxis(scaled, -1, 0)):
        top, left = (LINE + place * pitch for place in divmod(index, COLUMNS))
        sheet[top : top + pitch - LINE, left : left + pitch - LINE] = np.kron(small, np.ones((ENLARGED, ENLARGED, 1)))
    return sheet
