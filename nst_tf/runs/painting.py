"""A finished picture and how it came about."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nst_tf.config import StyleConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class Painting:
    """A finished picture and how it came about.

    Attributes:
        image: `(1, H, W, 3)`, float32, RGB in [0, 1].
        loss: The loss of this very picture.
        terms: The terms it is the weighted sum of.
        steps: Steps taken, at all sizes together; fewer than planned if the run was ended early.
        planned: Steps that were planned.
        weights: Name of the network weights that painted it.
        config: The settings.
    """

    image: npt.NDArray[np.float32]
    loss: float
    terms: dict[str, float]
    steps: int
    planned: int
    weights: str
    config: StyleConfig
