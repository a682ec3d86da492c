"""Write picture files atomically. Imports no TensorFlow."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from nst_tf.images.sixteen_bit import WRITERS_16
from nst_tf.images.srgb import srgb_profile
from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import check_writable

WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
"""File endings that are written, and their formats."""

LONGEST_NAME = 255
"""Bytes of the longest file name that common file systems accept."""

BIT_DEPTHS = (8, 16)
"""Bits per channel that are written; 16 only where the format supports them."""

_WITH_ALPHA = ("PNG", "WEBP", "TIFF")

_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95, "method": 4},
    "TIFF": {"compression": "tiff_deflate"},
}

_TIFF_XMP = 700  # XMP specification, part 3


def check_output(path: str | os.PathLike[str], *, overwrite: bool = False, bit_depth: int = 8) -> None:
    """Check, before any work, that a picture can be written to a path.

    Raises:
        ValueError: If the file ending is not supported, or its format does not support the bit depth.
        OSError: If the folder is missing or read-only, or the path exists and may not be overwritten.
    """
    path = Path(path)
    if path.suffix.lower() not in WRITABLE:
        raise ValueError(f"The result's name must end in {', '.join(WRITABLE)}; got {path.name!r}.")
    _check_depth(path, bit_depth)
    if len(os.fsencode(Path(os.path.realpath(path)).name)) > LONGEST_NAME:
        raise ValueError(f"The result's name has more than {LONGEST_NAME} bytes; choose a shorter one with --output.")
    check_writable(path, "result", overwrite=overwrite)


def _check_depth(path: Path, bit_depth: int) -> None:
    if bit_depth not in BIT_DEPTHS:
        raise ValueError(f"The bits per channel must be {' or '.join(map(str, BIT_DEPTHS))}; got {bit_depth}.")
    if bit_depth == 16 and WRITABLE[path.suffix.lower()] not in WRITERS_16:
        deep = ", ".join(suffix for suffix, kind in WRITABLE.items() if kind in WRITERS_16)
        raise ValueError(f"16 bits per channel need a name that ends in {deep}; got {path.name!r}.")


def save_image(
    path: str | os.PathLike[str],
    image: npt.ArrayLike,
    *,
    alpha: npt.ArrayLike | None = None,
    xmp: bytes | None = None,
    overwrite: bool = False,
    bit_depth: int = 8,
) -> None:
    """Write an image in the format of the path's ending, with an sRGB profile, atomically.

    Args:
        path: Ends in .png, .jpg, .jpeg, .webp, .tif or .tiff.
        image: `(1, H, W, 3)` or `(H, W, 3)`, RGB in [0, 1].
        alpha: Opacity in [0, 1], `(1, H, W, 1)`; ignored by JPEG, which has no alpha channel.
        xmp: An XMP packet to embed, as `Metadata.xmp` returns it; in a JPEG, 65,504 bytes at most.
        overwrite: Whether an existing file may be replaced.
        bit_depth: Bits per channel, 8 or 16; 16 for PNG and TIFF only.

    Raises:
        ValueError: If the file ending, the bit depth or the image's shape is not supported.
        OSError: If the file can't be written, or exists.
    """
    check_output(path, overwrite=overwrite, bit_depth=bit_depth)
    path = Path(path)
    kind = WRITABLE[path.suffix.lower()]
    pixels = _pixels(image, alpha if kind in _WITH_ALPHA else None)
    with atomic_write(path, overwrite=overwrite) as stream:
        if bit_depth == 16:
            stream.write(WRITERS_16[kind](np.rint(pixels * 65535).astype(np.uint16), srgb_profile(), xmp))
        else:
            file = Image.fromarray(np.rint(pixels * 255).astype(np.uint8))
            options = _SAVE_OPTIONS.get(kind, {}) | _xmp_options(kind, xmp)
            file.save(stream, kind, icc_profile=srgb_profile(), **options)


def _xmp_options(kind: str, xmp: bytes | None) -> dict[str, Any]:
    """Return Pillow's options that embed an XMP packet in a format."""
    if xmp is None:
        return {}
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return {"pnginfo": texts}
    return {"tiffinfo": {_TIFF_XMP: xmp}} if kind == "TIFF" else {"xmp": xmp}


def _pixels(image: npt.ArrayLike, alpha: npt.ArrayLike | None) -> npt.NDArray[Any]:
    """Check an image and its alpha channel, and join them to `(H, W, 3 or 4)` in [0, 1]."""
    pixels: npt.NDArray[Any] = np.asarray(image)
    pixels = pixels[0] if pixels.ndim == 4 and pixels.shape[0] == 1 else pixels
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"An image to save must be (H, W, 3) or (1, H, W, 3); got shape {np.shape(image)}.")
    if alpha is not None:
        opacity = np.asarray(alpha)
        if opacity.size != pixels.shape[0] * pixels.shape[1]:
            raise ValueError(f"alpha must have the image's height and width; got shape {np.shape(alpha)}.")
        pixels = np.concatenate([pixels, opacity.reshape(*pixels.shape[:2], 1)], axis=2)
    if not np.issubdtype(pixels.dtype, np.floating) or not np.isfinite(pixels).all():
        raise ValueError(f"An image to save must hold finite floats, 0 to 1; got {pixels.dtype}.")
    return pixels.clip(0.0, 1.0)
