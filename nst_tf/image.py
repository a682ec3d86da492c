"""Picture files, in and out.

An image is float32, RGB, sRGB-encoded, in [0, 1], `(1, H, W, 3)`. What a file makes of it (orientation, profile, bit
depth, CMYK, palette, transparency) stays here. Nothing here imports TensorFlow.
"""

import logging
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from nst_tf.color import Picture, srgb_profile, to_picture
from nst_tf.config import STARTS
from nst_tf.files import whole_file

READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
"""Formats that are read; of an animation, the first frame."""

WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
"""File endings that are written, and their formats."""

LONGEST_NAME = 255
"""Bytes of the longest file name that common file systems take."""

_WITH_ALPHA = ("PNG", "WEBP", "TIFF")
_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95, "method": 4},
    "TIFF": {"compression": "tiff_deflate"},
}
_TIFF_XMP = 700  # XMP specification, part 3


def load_image(path: str | os.PathLike[str]) -> npt.NDArray[np.float32]:
    """Read a picture file as an image, upright, in sRGB, and opaque.

    Args:
        path: A JPEG, PNG, WebP, TIFF, BMP or GIF file.

    Returns:
        `(1, H, W, 3)`, float32, RGB in [0, 1].

    Raises:
        OSError: If there is no such file, or it can't be read.
        ValueError: If it is not a whole picture, or too large.
    """
    return load_picture(path).image


def load_picture(path: str | os.PathLike[str]) -> Picture:
    """Read a picture file as `load_image` does, and its opacity beside it."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"A picture is needed, but {path} is a folder; name a file in it.")
    if not path.exists():
        raise FileNotFoundError(f"There is no picture {path}; check the name.")
    if not path.is_file():
        raise ValueError(f"{path} is not a file; a picture can't be read from it.")
    try:
        return _decode(path)
    except Image.DecompressionBombError as error:  # by the header alone, from 179 million pixels on
        raise ValueError(f"{path} is too large to be read: {error} Reduce it first.") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path} is not a picture of a known format ({', '.join(READABLE)}).") from None
    except PermissionError:
        raise
    except Exception as error:  # the decoders raise all kinds of errors at damaged files
        raise ValueError(f"{path} can't be read as a picture: {error}.") from error


def load_start(name: str) -> npt.NDArray[np.float32]:
    """Read the picture to start from, if the setting `start` is none of its words.

    Raises:
        FileNotFoundError: If there is no such file either; the message lists the words.
    """
    if not Path(name).exists():
        raise FileNotFoundError(f"start must be one of {', '.join(STARTS)} or a picture; there is no {name}.")
    return load_image(name)


def as_image(name: str, picture: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Return a picture that somebody hands over as an image.

    Args:
        name: What to call it if it is none.
        picture: `(H, W, 3)` or `(1, H, W, 3)`, floats in [0, 1].

    Returns:
        `(1, H, W, 3)`.

    Raises:
        ValueError: If it is malformed.
    """
    array = np.asarray(picture)
    array = array[None] if array.ndim == 3 else array
    if array.ndim != 4 or array.shape[0] != 1 or array.shape[3] != 3 or not array.size:
        raise ValueError(f"{name} must be one RGB picture, (H, W, 3) or (1, H, W, 3); got shape {np.shape(picture)}.")
    if not np.issubdtype(array.dtype, np.floating) or not (np.min(array) >= 0 and np.max(array) <= 1):
        found = f"{array.dtype} from {np.min(array)} to {np.max(array)}"
        raise ValueError(f"{name} must hold floats in [0, 1]; got {found}. Use nst_tf.load_image, or scale it.")
    return array.astype(np.float32, copy=False)


def _decode(path: Path) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", message=".*EXIF.*")
        with Image.open(path, formats=READABLE) as file:
            return to_picture(_upright(file))


def _upright(file: Image.Image) -> Image.Image:
    """Apply the orientation that a camera noted down; a picture whose notes are broken is taken as it is."""
    file.load()
    try:
        ImageOps.exif_transpose(file, in_place=True)
    except Exception:  # whatever the EXIF reader stumbles over
        logging.getLogger(__name__).warning(
            "The notes of a camera (EXIF) can't be read; the picture is taken as it lies."
        )
    return file


def check_output(path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Make sure, before any work, that a picture can be written to a path.

    Raises:
        ValueError: If the ending is none that can be written.
        OSError: If the folder is missing or can't be written to, or something is there that may not be overwritten.
    """
    path = Path(path)
    target = Path(os.path.realpath(path))
    if path.suffix.lower() not in WRITABLE:
        raise ValueError(f"The result's name must end in {', '.join(WRITABLE)}; got {path.name!r}.")
    if len(os.fsencode(target.name)) > LONGEST_NAME:
        raise ValueError(f"The result's name has more than {LONGEST_NAME} bytes; choose a shorter one with --output.")
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file for the result.")
    if target.exists() and not overwrite:
        raise FileExistsError(
            f"{path} exists; choose another name, or allow it to be replaced with --overwrite (overwrite=True)."
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} for the result; make it first.")
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(f"The folder {path.parent} can't be written to; choose another for the result.")


def save_image(
    path: str | os.PathLike[str],
    image: npt.ArrayLike,
    *,
    alpha: npt.ArrayLike | None = None,
    xmp: bytes | None = None,
    overwrite: bool = False,
) -> None:
    """Write an image in the format of the path's ending, with an sRGB profile, whole or not at all.

    Args:
        path: Ends in .png, .jpg, .jpeg, .webp, .tif or .tiff.
        image: `(1, H, W, 3)` or `(H, W, 3)`, RGB in [0, 1].
        alpha: Opacity in [0, 1], `(1, H, W, 1)`; left out where the format (JPEG) has none.
        xmp: An XMP packet to embed, as `Notes.xmp` returns it; in a JPEG, 65,504 bytes at most.
        overwrite: Whether an existing file may be replaced.

    Raises:
        ValueError: If the ending or the image's shape is none that can be written.
        OSError: If the file can't be written, or exists.
    """
    check_output(path, overwrite=overwrite)
    path = Path(path)
    kind = WRITABLE[path.suffix.lower()]
    file = _encode_pixels(image, alpha if kind in _WITH_ALPHA else None)
    with whole_file(path, overwrite=overwrite) as stream:
        file.save(stream, kind, icc_profile=srgb_profile(), **_SAVE_OPTIONS.get(kind, {}), **_xmp_options(kind, xmp))


def _xmp_options(kind: str, xmp: bytes | None) -> dict[str, Any]:
    """Return the options that put an XMP packet where a format has its place for it."""
    if xmp is None:
        return {}
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return {"pnginfo": texts}
    return {"tiffinfo": {_TIFF_XMP: xmp}} if kind == "TIFF" else {"xmp": xmp}


def _encode_pixels(image: npt.ArrayLike, alpha: npt.ArrayLike | None) -> Image.Image:
    pixels = np.asarray(image)
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
    return Image.fromarray(np.rint(np.clip(pixels, 0.0, 1.0) * 255).astype(np.uint8))
