"""The result of a run: the painting, its loss and its settings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.errors import DivergedError
from nst_tf.scales.plan import Size
from nst_tf.scales.resizing import resize


@dataclass(frozen=True, kw_only=True, eq=False)
class Painting:
    """The result of a run.

    Attributes:
        image: `(1, H, W, 3)`, float32, RGB in [0, 1].
        loss: The loss of this image; where luminance alone is painted, of its luminance.
        terms: The terms whose weighted sum is the loss.
        steps: Steps taken, at all sizes together; fewer than planned if the run ended early.
        planned: Planned steps, at all sizes together.
        weights: Name of the network weights used.
        config: The settings.
        block: Longest side of the blocks it was painted in, in pixels, or `whole`: what a block of `auto` stood for.
    """

    image: npt.NDArray[np.float32]
    loss: float
    terms: dict[str, float]
    steps: int
    planned: int
    weights: str
    config: StyleConfig
    block: str | int


@contextmanager
def diverging_at(size: Size, show: Callable[[tf.Tensor], tf.Tensor] = tf.identity) -> Iterator[None]:
    """Let an error that keeps a picture of a coarse size keep it as the painting would have been.

    Args:
        size: Height and width of the painting.
        show: From an image of this size as it is painted to one as it is shown.
    """
    try:
        yield
    except DivergedError as error:
        if error.image is not None:
            error.image = show(resize(error.image, size)).numpy()
        raise
