"""Write picture files atomically. Imports no TensorFlow."""

import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy.typing as npt
from PIL import Image, PngImagePlugin

from nst_tf.images.bands import bands
from nst_tf.images.box_files import AVIF, prepare
from nst_tf.images.encoding import WRITERS, Attached
from nst_tf.images.pixels import KINDS, Pixels, checked_pixels
from nst_tf.images.srgb import srgb_profile
from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import check_writable

WRITABLE = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".avif": "AVIF",
}
"""File endings that are written, and their formats."""

LONGEST_NAME = 255
"""Bytes of the longest file name that common file systems accept."""

PILLOWS_PIXELS = 2**25
"""Pixels beyond which PNG and TIFF of 8 bits are written band by band as well; Pillow compresses better."""

_WITH_ALPHA = ("PNG", "WEBP", "TIFF", "AVIF")

_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95, "method": 4},
    "TIFF": {"compression": "tiff_deflate"},
    "AVIF": {"quality": 90, "subsampling": "4:4:4"},
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
    if WRITABLE[path.suffix.lower()] == AVIF:
        prepare(AVIF)
    if len(os.fsencode(Path(os.path.realpath(path)).name)) > LONGEST_NAME:
        raise ValueError(f"The result's name has more than {LONGEST_NAME} bytes; choose a shorter one with --output.")
    check_writable(path, "result", overwrite=overwrite)


def _check_depth(path: Path, bit_depth: int) -> None:
    if bit_depth not in KINDS:
        raise ValueError(f"The bits per channel must be {' or '.join(map(str, KINDS))}; got {bit_depth}.")
    if bit_depth == 16 and WRITABLE[path.suffix.lower()] not in WRITERS:
        deep = ", ".join(suffix for suffix, kind in WRITABLE.items() if kind in WRITERS)
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
        path: Ends in .png, .jpg, .jpeg, .webp, .tif, .tiff or .avif.
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
    pixels = checked_pixels(image, alpha if kind in _WITH_ALPHA else None, bit_depth)
    height, width, _ = pixels.shape
    with atomic_write(path, overwrite=overwrite) as stream:
        if kind in WRITERS and (bit_depth == 16 or height * width > PILLOWS_PIXELS):
            WRITERS[kind](stream, pixels, Attached(srgb_profile(), xmp))
        else:
            _write_by_pillow(stream, kind, pixels, xmp)


def _write_by_pillow(stream: BinaryIO, kind: str, pixels: Pixels, xmp: bytes | None) -> None:
    """Write pixels of 8 bits; beside the image, Pillow's copy of it takes 4 bytes a pixel."""
    height, width, channels = pixels.shape
    file = Image.new("RGB" if channels == 3 else "RGBA", (width, height))
    for rows in bands(height, width):
        file.paste(Image.fromarray(pixels.band(rows)), (0, rows.start))
    file.save(stream, kind, icc_profile=srgb_profile(), **_SAVE_OPTIONS.get(kind, {}), **_xmp_options(kind, xmp))


def _xmp_options(kind: str, xmp: bytes | None) -> dict[str, Any]:
    """Return Pillow's options that embed an XMP packet in a format."""
    if xmp is None:
        return {}
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return {"pnginfo": texts}
    return {"tiffinfo": {_TIFF_XMP: xmp}} if kind == "TIFF" else {"xmp": xmp}
