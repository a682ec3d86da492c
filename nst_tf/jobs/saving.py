"""Save a painting in its job's size and bit depth, with the photograph's alpha channel."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from nst_tf.images.picture import Picture
from nst_tf.images.writing import save_image
from nst_tf.jobs.job import Job

if TYPE_CHECKING:
    from nst_tf.runs.metadata import Metadata


def save_painting(
    path: Path, image: npt.NDArray[np.float32], *, job: Job, content: Picture, notes: "Metadata", overwrite: bool
) -> None:
    """Save a painting.

    Args:
        path: The file.
        image: The painting, `(1, H, W, 3)`.
        job: The job.
        content: The photograph, whose opacity the file gets, and its size if the job wants that. If only a region of it
            is painted, the rest is then the photograph in that size.
        notes: Metadata to embed.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OSError: If the file can't be written.
    """
    size = content.image.shape[1:3]
    if job.keep_size and image.shape[1:3] != size:
        from nst_tf.scales.resizing import resize

        factor = max(size) / max(image.shape[1:3])
        image = resize(image, size).numpy()
        if paints_part(content, job):
            image = _on_photograph(image, content, job, factor)
    alpha = _alpha_like(image, content.alpha)
    save_image(path, image, alpha=alpha, xmp=notes.xmp(), overwrite=overwrite, bit_depth=job.bit_depth)


def paints_part(content: Picture, job: Job) -> bool:
    """Tell whether only a region of the photograph is painted."""
    return not job.style_mask and content.regions is not None and content.regions.shape[3] == 1


def _on_photograph(image: np.ndarray, content: Picture, job: Job, factor: float) -> npt.NDArray[np.float32]:
    """Show an enlarged painting in its region; growth and edge are in pixels of the painting before."""
    from nst_tf.guides import grow, soften
    from nst_tf.targets import Canvas

    grown = grow(content.regions, round(job.config.mask_growth * factor))
    mask = soften(grown, round(job.config.mask_edge / 2 * factor))
    return np.asarray(Canvas(content.image, mask).show(image))


def _alpha_like(image: np.ndarray, alpha: np.ndarray | None) -> np.ndarray | None:
    """Resize an alpha channel to the size of an image."""
    if alpha is None or alpha.shape[1:3] == image.shape[1:3]:
        return alpha
    size = (image.shape[2], image.shape[1])
    return np.asarray(Image.fromarray(alpha[0, :, :, 0]).resize(size, Image.Resampling.BOX))
