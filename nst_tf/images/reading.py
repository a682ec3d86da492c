"""Picture files, in and out.

An image is float32, RGB, sRGB-encoded, in [0, 1], `(1, H, W, 3)`. What a file makes of it (orientation, profile, bit
depth, CMYK, palette, transparency) stays here. Nothing here imports TensorFlow.
"""

import io
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from nst_tf.config import STARTS
from nst_tf.errors import error_reason
from nst_tf.images.pages import full_of_several, photograph_alone
from nst_tf.images.picture import Picture
from nst_tf.images.pillow_fixes import fix_raw_modes, select_low_bytes
from nst_tf.images.png_parts import SIGNATURE, Parts, check_pixels, read_png
from nst_tf.images.side_parts import JPEG_SIGNATURE, mend_jpeg, mend_webp, with_end
from nst_tf.images.srgb import to_picture
from nst_tf.storage.free_memory import available_bytes
from nst_tf.storage.path_checks import check_exists, check_local, why_missing

READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
"""Formats that are read; of an animation, the first frame."""


LARGEST_FILE = 2**31
"""Bytes of the largest file that is read; 179 million pixels, Pillow's limit, of 16-bit RGBA are 1.4 GB."""

BYTES_PER_PIXEL = 30
"""What reading takes at the peak, measured at 177 million pixels: 16 to 22 bytes, up to 29 with opacity."""


_SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "WebP": rb"RIFF....WEBP",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "BMP": rb"BM",
    "GIF": rb"GIF8[79]a",
}
_OF_SIDE_PARTS = "(Corrupt|Possibly corrupt) EXIF|Tag (data|offset)|Truncated File|Metadata|.*malformed MPO"
"""What Pillow says of EXIF data and of an index that are damaged, and that changes no picture."""


def load_image(path: str | os.PathLike[str]) -> npt.NDArray[np.float32]:
    """Read a picture file as an image, upright, in sRGB, and opaque.

    What is damaged or foreign beside the pixels is left out, with a `UserWarning` if it would change how they look;
    docs/pictures.md tells what counts.

    Args:
        path: A JPEG, PNG, WebP, TIFF, BMP or GIF file.

    Returns:
        `(1, H, W, 3)`, float32, RGB in [0, 1].

    Raises:
        OSError: If there is no such file, or it can't be read.
        ValueError: If it is not a whole picture, too large, a raw file, or of high dynamic range.
    """
    return load_picture(path).image


def load_picture(path: str | os.PathLike[str]) -> Picture:
    """Read a picture file as `load_image` does, and its opacity beside it."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"A picture is needed, but {path} is a folder; name a file in it.")
    check_exists(path, "picture")
    if not path.is_file():
        raise ValueError(f"{path} is not a file; a picture can't be read from it.")
    try:
        with _named_warnings(path):
            return _decode(path)
    except Image.DecompressionBombError as error:  # by the header alone, from 179 million pixels on
        raise ValueError(f"{path} is too large to be read: {error} Reduce it first.") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path} {_unidentified(path)}") from None
    except PermissionError:
        raise
    except Exception as error:  # the decoders raise all kinds of errors at damaged files
        raise ValueError(f"{path} can't be read as a picture: {error_reason(error)}.") from error


def _unidentified(path: Path) -> str:
    """Say of a file that no decoder takes what it is, by its first bytes."""
    with path.open("rb") as stream:
        head = stream.read(12)
    kind = next((kind for kind, pattern in _SIGNATURES.items() if re.match(pattern, head, re.DOTALL)), None)
    if kind is not None:
        found = f"can't be read as a picture: it is a {kind} file, but damaged or of a rare kind"
    else:
        found = f"is not a picture of a known format ({', '.join(READABLE)})"
    return f"{found}; save it as PNG from a program that opens it."


@contextmanager
def _named_warnings(path: Path) -> Iterator[None]:
    """Have each warning about a file begin with its name, and be given once."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield
    for text, kind in dict.fromkeys((str(each.message), each.category) for each in found):
        warnings.warn(f"{path}: {text}", kind, stacklevel=2)


def load_start(name: str) -> npt.NDArray[np.float32]:
    """Read the picture to start from, if the setting `start` is none of its words.

    Raises:
        FileNotFoundError: If there is no such file either; the message lists the words.
    """
    check_local(name)
    if not Path(name).exists():
        raise FileNotFoundError(f"start must be one of {', '.join(STARTS)} or a picture; {why_missing(Path(name))}.")
    return load_image(name)


def _decode(path: Path) -> Picture:
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"it has more than {LARGEST_FILE >> 30} GiB")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", message=_OF_SIDE_PARTS)
        return _decode_bytes(path.read_bytes())  # in memory, as decoders ask for as many bytes as a broken header says


def _decode_bytes(data: bytes) -> Picture:
    data, notes, encoding = take_apart(data)
    with _opened(data, notes) as file:
        full = full_of_several(file, data)
        if full is not None:
            return _decode_bytes(full)
        _check_memory(file)
        if file.format == "PNG":
            check_pixels(data)
        try:
            file.load()
        except OSError:
            whole = with_end(data) if file.format in ("JPEG", "MPO") else None
            if whole is None:
                raise
            return _decode_bytes(whole)
        return to_picture(_upright(file), _lower_bytes(data, notes), encoding)


def take_apart(data: bytes) -> Parts:
    """Divide a file into the picture and what stands beside it, so that the latter costs nobody the former.

    Raises:
        ValueError: If the picture itself is damaged, or none that can be read.
    """
    if data.startswith(SIGNATURE):
        return read_png(data)
    if data.startswith(JPEG_SIGNATURE):
        return Parts(mend_jpeg(data), {}, None)
    if data.startswith(b"RIFF"):
        return Parts(mend_webp(data), {}, None)
    return Parts(photograph_alone(data), {}, None)


def _opened(data: bytes, notes: dict[str, Any]) -> Image.Image:
    """Open a file that is in memory, with what its format puts beside the picture."""
    file = Image.open(io.BytesIO(data), formats=READABLE)
    file.info.update(notes)
    fix_raw_modes(file, data)
    return file


def _check_memory(file: Image.Image) -> None:
    """Refuse a picture that there is no memory for, by its header alone; a few bytes can promise gigabytes."""
    needed, free = BYTES_PER_PIXEL * file.width * file.height, available_bytes()
    if needed > free:
        pixels, gigabytes = f"{file.width}x{file.height} px", f"{needed / 1e9:.1f} GB of memory"
        raise ValueError(f"its {pixels} take about {gigabytes}, {free / 1e9:.1f} GB are free; reduce it first")


def _lower_bytes(data: bytes, notes: dict[str, Any]) -> npt.NDArray[np.uint8] | None:
    """Read the lower bytes of 16-bit colors, `(H, W, C)`; None if the file has none."""
    with _opened(data, notes) as file:
        channels = select_low_bytes(file)
        return None if channels is None else np.asarray(_upright(file))[..., channels]


def _upright(file: Image.Image) -> Image.Image:
    """Apply the orientation that a camera noted down; a picture whose notes are broken is taken as it is."""
    file.load()
    try:
        ImageOps.exif_transpose(file, in_place=True)
    except Exception:  # whatever the EXIF reader stumbles over
        warnings.warn("The notes of its camera can't be read; the picture is taken as it lies.", stacklevel=2)
    return file
