"""Files made of boxes, HEIC, AVIF and JPEG 2000: which of them a file is, and how its colors are meant.

HEIC is read by pi-heif, the other two by Pillow. Imports no TensorFlow.
"""

import struct
import warnings
from collections.abc import Iterator

from PIL import features

from nst_tf.images.color_spaces import ColorSpace
from nst_tf.images.png_colors import space_of_codes

HEIF, AVIF, JPEG_2000 = "HEIF", "AVIF", "JPEG2000"
"""Pillow's names of the formats."""

_JPEG_2000_SIGNATURES = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")  # with boxes, and a bare codestream
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}

LARGEST_BRANDS = 256
"""Bytes of the first box of a HEIC or AVIF file that are examined."""

_MOST_BOXES = 4096
"""Boxes that are examined side by side."""

_SPACES_BY_ICC = (2, 3)  # colr's METH, ISO 15444-1, annex I.5.3.3
_UNSPECIFIED = 2  # ITU-T H.273, tables 2 and 3


def box_format(data: bytes) -> str | None:
    """Return Pillow's name of a file's format; None if it is not made of boxes."""
    if data.startswith(_JPEG_2000_SIGNATURES):
        return JPEG_2000
    if data[4:8] != b"ftyp":
        return None
    brands = data[8 : min(int.from_bytes(data[:4], "big"), LARGEST_BRANDS)]
    found = {brands[at : at + 4] for at in range(0, len(brands), 4)}
    if found & _AVIF_BRANDS:
        return AVIF
    return HEIF if found & _HEIF_BRANDS else None


def prepare(kind: str) -> None:
    """Make Pillow read a format, and write AVIF.

    Raises:
        ValueError: If this environment can't; the message says how it can.
    """
    if kind == HEIF:
        _prepare_heif()
    elif not features.check({AVIF: "avif", JPEG_2000: "jpg_2000"}[kind]):
        raise ValueError(f"this Pillow was built without {kind}; install another: pip install --upgrade pillow")


def _prepare_heif() -> None:
    try:
        import pi_heif  # seldom needed
    except ImportError:
        raise ValueError("HEIC needs pi-heif; install it: pip install 'nst-tf[heif]'") from None
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def jpeg_2000_profile(data: bytes) -> bytes | None:
    """Return the ICC profile of a JPEG 2000 file, which Pillow does not read; None if it has none."""
    for body in _found(data, b"jp2h", b"colr"):
        if len(body) > 3 and body[0] in _SPACES_BY_ICC:
            return bytes(body[3:])
    return None


def coded_space(data: bytes) -> ColorSpace | None:
    """Return the color space that a HEIC or AVIF file names by codes, which counts if there is no ICC profile.

    The first one in the file is the picture's; thumbnails and gain maps follow it.

    Raises:
        ValueError: If the picture is of high dynamic range.
    """
    for body in _found(data, b"meta", b"iprp", b"ipco", b"colr"):
        if bytes(body[:4]) == b"nclx" and len(body) >= 8:
            primaries, transfer = struct.unpack_from(">2H", body, 4)
            if _UNSPECIFIED in (primaries, transfer):
                return None
            space = space_of_codes(primaries, transfer)
            if space is None:
                warnings.warn("Its color space is unknown, and sRGB is assumed.", stacklevel=2)
            return space
    return None


def _found(data: bytes, *path: bytes) -> Iterator[memoryview]:
    """Yield the bodies of all boxes at a path of names; a damaged box ends the search."""
    waiting = [memoryview(data)]
    for name in path:
        start = 4 if name == b"meta" else 0  # which begins with its version and flags
        waiting = [body[start:] for part in waiting for kind, body in _boxes(part) if kind == name]
    yield from waiting


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield name and body of each box (ISO 14496-12, section 4.2)."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:  # to the end
            size = len(data) - at
        if size < head:
            return
        yield bytes(data[at + 4 : at + 8]), data[at + head : at + size]
        at += size
