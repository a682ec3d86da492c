"""Read picture files as images: float32, RGB, sRGB-encoded, in [0, 1], `(1, H, W, 3)`.

This module owns the errors and warnings about a file; `decoding` reads its bytes. Imports no TensorFlow.
"""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from nst_tf.config import STARTS
from nst_tf.errors import error_reason
from nst_tf.images.decoding import decode_picture
from nst_tf.images.paging import split_page
from nst_tf.images.picture import Picture
from nst_tf.storage.path_checks import check_exists, check_local, why_missing

LARGEST_FILE = 2**31
"""Bytes of the largest file that is read; 179 million pixels, Pillow's limit, of 16-bit RGBA are 1.4 GB."""

_SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "WebP": rb"RIFF....WEBP",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "BMP": rb"BM",
    "GIF": rb"GIF8[79]a",
    "PPM": rb"P[1-6f]\s",
    "HEIC": rb"....ftyp(hei|hev|mif1|msf1)",
    "AVIF": rb"....ftypavi",
    "JPEG 2000": rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
}
_METADATA_WARNINGS = "(Corrupt|Possibly corrupt) EXIF|Tag (data|offset)|Truncated File|Metadata|.*malformed MPO"
"""Pillow's warnings about damaged EXIF data or indexes, which change no pixel."""


def load_image(path: str | os.PathLike[str]) -> npt.NDArray[np.float32]:
    """Read a picture file as an image, upright, in sRGB, and opaque.

    Metadata that is damaged or does not belong to the picture is skipped, with a `UserWarning` if it would change how
    the picture looks; see docs/pictures.md.

    Args:
        path: A JPEG, PNG, WebP, TIFF, BMP, GIF, PPM, AVIF, JPEG 2000 or HEIC file; the last needs the extra `heif`.
            `FILE#2` is the second page of a TIFF, or the second frame of an animation.

    Returns:
        `(1, H, W, 3)`, float32, RGB in [0, 1].

    Raises:
        OSError: If the file does not exist, or can't be read.
        ValueError: If it is not a complete picture, too large, a raw file, or of high dynamic range.
    """
    return load_picture(path).image


def load_picture(path: str | os.PathLike[str]) -> Picture:
    """Read a picture file as `load_image` does, but return its opacity, too."""
    path = Path(path)
    file, page = split_page(path)
    if path.is_dir():
        raise IsADirectoryError(f"A picture is needed, but {path} is a folder; name a file in it.")
    check_exists(file, "picture")
    if not file.is_file():
        raise ValueError(f"{path} is not a file; a picture can't be read from it.")
    try:
        with _named_warnings(path):
            return _decode(file, page)
    except Image.DecompressionBombError as error:  # above 179 million pixels, according to the header
        raise ValueError(f"{path} is too large to be read: {error} Reduce it first.") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path} {_unidentified(file)}") from None
    except PermissionError:
        raise
    except Exception as error:  # decoders raise all kinds of errors for damaged files
        raise ValueError(f"{path} can't be read as a picture: {error_reason(error).rstrip('.')}.") from error


def _unidentified(path: Path) -> str:
    """Explain, by its first bytes, why no decoder accepts a file."""
    with path.open("rb") as stream:
        head = stream.read(12)
    kind = next((kind for kind, pattern in _SIGNATURES.items() if re.match(pattern, head, re.DOTALL)), None)
    if kind is not None:
        article = "an" if kind == "AVIF" else "a"
        found = f"can't be read as a picture: it is {article} {kind} file, but damaged or of an unsupported variant"
    else:
        found = f"is not a picture of a known format ({', '.join(_SIGNATURES)})"
    return f"{found}; save it as PNG from a program that opens it."


@contextmanager
def _named_warnings(path: Path) -> Iterator[None]:
    """Prefix each warning with the file's name, and give it only once."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield
    for text, kind in dict.fromkeys((str(each.message), each.category) for each in found):
        warnings.warn(f"{path}: {text}", kind, stacklevel=2)


def load_start(name: str) -> npt.NDArray[np.float32]:
    """Read the picture that the setting `start` names.

    Raises:
        FileNotFoundError: If the file does not exist; the message lists the other values of the setting.
    """
    check_local(name)
    if not split_page(Path(name))[0].exists():
        raise FileNotFoundError(f"start must be one of {', '.join(STARTS)} or a picture; {why_missing(Path(name))}.")
    return load_image(name)


def _decode(path: Path, page: int | None) -> Picture:
    """Decode a file of limited size, without Pillow's irrelevant warnings."""
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"it has more than {LARGEST_FILE >> 30} GiB")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", message=_METADATA_WARNINGS)
        return decode_picture(path.read_bytes(), page).unpack()
