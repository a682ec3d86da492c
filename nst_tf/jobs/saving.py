"""The form in which a painting is saved: how large, how many bits."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from nst_tf.images.picture import Picture
from nst_tf.images.writing import check_output, save_image


@dataclass(frozen=True, kw_only=True)
class Form:
    """What becomes of a painting in its file.

    Attributes:
        bit_depth: Bits per channel, 8 or 16.
        keep_size: Whether the file is as large as the photograph, whatever was painted.
    """

    bit_depth: int = 8
    keep_size: bool = False

    def check(self, output: Path, *, overwrite: bool) -> None:
        """Find out before any work what would fail later."""
        check_output(output, overwrite=overwrite, bit_depth=self.bit_depth)

    def save(
        self, output: Path, image: np.ndarray, photograph: Picture, *, xmp: bytes, overwrite: bool = False
    ) -> None:
        """Save a painting, `(1, H, W, 3)`, with the photograph's opacity and an XMP packet."""
        size = photograph.image.shape[1:3]
        if self.keep_size and image.shape[1:3] != size:
            from nst_tf.scales.resizing import resize

            image = resize(image, size).numpy()
        alpha = _alpha_like(image, photograph.alpha)
        save_image(output, image, alpha=alpha, xmp=xmp, overwrite=overwrite, bit_depth=self.bit_depth)


def _alpha_like(image: np.ndarray, alpha: np.ndarray | None) -> np.ndarray | None:
    if alpha is None or alpha.shape[1:3] == image.shape[1:3]:
        return alpha
    size = (image.shape[2], image.shape[1])
    return np.asarray(Image.fromarray(alpha[0, :, :, 0]).resize(size, Image.Resampling.BOX))
