"""Small JPEGs that a browser shows: the painting as it is, and the photograph that it is painted from."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

PREVIEW_PIXELS = 512
"""Longer side of a preview."""

BEFORE_PIXELS = 2048
"""Longer side of the copy of the photograph."""


def show_image(image: "npt.NDArray[np.float32]", path: Path) -> None:
    """Save an image, `(1, H, W, 3)` in [0, 1], as a preview.

    Raises:
        OSError: If the file can't be written.
    """
    import numpy as np
    from PIL import Image

    _save(Image.fromarray(np.rint(image[0].clip(0, 1) * 255).astype(np.uint8)), path, PREVIEW_PIXELS)


def show_painting(painting: Path, path: Path) -> None:
    """Save a painting's file as a preview.

    Raises:
        OSError: If it can't be read or written.
    """
    from PIL import Image

    with Image.open(painting, formats=["PNG"]) as file:
        _save(file, path, PREVIEW_PIXELS)


def show_photograph(photograph: Path, path: Path) -> None:
    """Save an upright copy of a photograph, with its color profile; nothing if it can't be read."""
    from PIL import Image, ImageOps

    with contextlib.suppress(Exception), Image.open(photograph) as file:  # who paints it says what is wrong
        file.draft("RGB", (BEFORE_PIXELS, BEFORE_PIXELS))
        file.thumbnail((BEFORE_PIXELS, BEFORE_PIXELS))
        profile = file.info.get("icc_profile") if file.mode == "RGB" else None
        _save(ImageOps.exif_transpose(file), path, BEFORE_PIXELS, icc_profile=profile)


def _save(image: "Image.Image", path: Path, size: int, **options: Any) -> None:
    """Save a picture, reduced to a longer side; what is transparent becomes white."""
    from PIL import Image

    from nst_tf.storage.atomic_files import atomic_write

    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    image.thumbnail((size, size))
    with atomic_write(path, overwrite=True) as stream:
        image.save(stream, "JPEG", quality=88, **options)
