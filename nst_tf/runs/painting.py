"""A finished picture and how it came about."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nst_tf.config import StyleConfig
from nst_tf.errors import DivergedError
from nst_tf.scales.plan import Size
from nst_tf.scales.resizing import resize


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


@contextmanager
def diverging_at(size: Size) -> Iterator[None]:
    """Let an error that keeps a picture of a coarse size keep it as large as the painting would have been."""
    try:
        yield
    except DivergedError as error:
        if error.image is not None:
            error.image = resize(error.image, size).numpy()
        raise
