"""The problem that every side solves: two pictures, a network, one loss. Plain arrays in a file, no framework."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

CONTENT = "block4_conv2"
STYLES = tuple(f"block{block}_conv1" for block in range(1, 6))
CONTENT_WEIGHT, STYLE_WEIGHT, TV_WEIGHT = 0.3, 1.0, 0.3
LOSS = {
    "content_weight": CONTENT_WEIGHT,
    "style_weight": STYLE_WEIGHT,
    "tv_weight": TV_WEIGHT,
    "style_layers": ",".join(STYLES),
}
"""The loss as settings of `nst_tf.StyleConfig`; the default loss differs (`docs/defaults.md`)."""
ENERGY_FLOOR = 0.01
MEAN_BGR = (103.939, 116.779, 123.68)
CHANNELS = ((3, 64), (64, 64), (64, 128), (128, 128), (128, 256), *((256, 256),) * 3, (256, 512), *((512, 512),) * 4)
"""Input and output channels of the convolutions up to conv5_1."""
POOLED = (1, 1, 4, 4, *(16,) * 4, *(64,) * 4, 256)
"""Pixels per position at each of these convolutions."""


@dataclass(frozen=True)
class Problem:
    """Resized pictures and filters.

    Attributes:
        content: `(1, H, W, 3)` in [0, 1].
        style: `(1, h, w, 3)` in [0, 1].
        filters: Kernels `(3, 3, in, out)` and biases, as `nst_tf.load_weights` names them.
    """

    content: Array
    style: Array
    filters: dict[str, Array]

    @classmethod
    def read(cls, path: Path) -> "Problem":
        """Read a file written by `write_problem`."""
        arrays: dict[str, Any] = dict(np.load(path))
        return cls(arrays.pop("content"), arrays.pop("style"), arrays)

    @property
    def layers(self) -> list[str]:
        """The convolutions up to the deepest one in the loss."""
        names = sorted(name.removesuffix("/kernel") for name in self.filters if name.endswith("/kernel"))
        return names[: names.index(STYLES[-1]) + 1]


def write_problem(path: Path, content: Path, style: Path, *, size: int, weights: str, square: bool = False) -> None:
    """Resize two picture files as `nst_tf.stylize` does and write them with the network's filters.

    Args:
        path: The file to write, .npz.
        content: The content picture.
        style: The style picture.
        size: Longer side, pixels.
        weights: Any source that `nst_tf.load_weights` accepts.
        square: Whether to crop content and style to squares first.
    """
    import nst_tf
    from nst_tf.transfer import fit_pictures

    pictures = [nst_tf.load_image(picture) for picture in (content, style)]
    if square:
        pictures = [picture[:, : min(picture.shape[1:3]), : min(picture.shape[1:3])] for picture in pictures]
    fitted = fit_pictures(*pictures, config=nst_tf.StyleConfig(size=size))
    np.savez(path, content=fitted.content.image, style=fitted.styles[0].image, **nst_tf.load_weights(weights).arrays)


def step_flops(height: int, width: int) -> float:
    """Count the multiplications and additions of one step: convolutions forward and backward, Gram matrices.

    The gradient of the first convolution counts; elementwise operations do not.
    """
    positions = [height * width / pooled for pooled in POOLED]
    convolutions = sum(2 * 9 * i * o * p for (i, o), p in zip(CHANNELS, positions, strict=True))
    grams = sum(2 * CHANNELS[layer][1] ** 2 * positions[layer] for layer in (0, 2, 4, 8, 12))
    return 2 * (convolutions + grams)
