"""Writers of PNG and TIFF files with 16 bits per channel, which Pillow can't write in color. Imports no TensorFlow."""

import struct
import zlib
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint16]
"""`(H, W, 3)`, or `(H, W, 4)` with opacity."""

_LARGEST_TIFF = 2**32
_SHORT, _LONG, _RATIONAL, _BYTE, _UNDEFINED = "3H", "4I", "5I", "1B", "7B"
"""TIFF's types by number, and how Python's `struct` calls the numbers they are made of."""


def encode_png16(pixels: Pixels, profile: bytes, xmp: bytes | None = None) -> bytes:
    """Encode pixels as PNG (W3C, third edition) with an ICC profile, and an XMP packet if there is one."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    rows = pixels.astype(">u2").view(np.uint8).reshape(height, -1)
    differences = np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))  # from the row above, filter 2
    filtered = np.insert(differences, 0, 2, axis=1).tobytes()
    text = [(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp)] if xmp else []
    parts = [
        (b"IHDR", header),
        (b"iCCP", b"ICC Profile" + bytes(2) + zlib.compress(profile)),
        *text,
        (b"IDAT", zlib.compress(filtered)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode_tiff16(pixels: Pixels, profile: bytes, xmp: bytes | None = None) -> bytes:
    """Encode pixels as TIFF 6.0, deflated, with an ICC profile, and an XMP packet if there is one.

    Raises:
        ValueError: If the file would be larger than 4 GB.
    """
    height, width, channels = pixels.shape
    differences = np.diff(pixels, axis=1, prepend=np.zeros_like(pixels[:, :1]))  # from the left, predictor 2
    strip = zlib.compress(differences.astype("<u2").tobytes())
    entries: list[tuple[int, str, Iterable[int]]] = [
        (256, _LONG, [width]),
        (257, _LONG, [height]),
        (258, _SHORT, [16] * channels),
        (259, _SHORT, [8]),  # deflated
        (262, _SHORT, [2]),  # RGB
        (273, _LONG, [8]),  # where the strip begins
        (277, _SHORT, [channels]),
        (278, _LONG, [height]),
        (279, _LONG, [len(strip)]),
        (282, _RATIONAL, [72, 1]),
        (283, _RATIONAL, [72, 1]),
        (296, _SHORT, [2]),  # pixels per inch
        (317, _SHORT, [2]),
        *([(338, _SHORT, [2])] if channels == 4 else []),  # the fourth is opacity, colors are not multiplied by it
        *([(700, _BYTE, xmp)] if xmp else []),
        (34675, _UNDEFINED, profile),
    ]
    start = 8 + len(strip) + len(strip) % 2
    if start + len(profile) + len(xmp or b"") + 1000 > _LARGEST_TIFF:
        raise ValueError("The picture is too large for a TIFF file; save it as PNG.")
    return b"II*\0" + struct.pack("<I", start) + strip.ljust(start - 8, b"\0") + _directory(entries, start)


def _directory(entries: list[tuple[int, str, Iterable[int]]], start: int) -> bytes:
    """Lay out the entries of TIFF's table, and behind it the values that do not fit into it."""
    table, behind = b"", b""
    at = start + 2 + 12 * len(entries) + 4
    for tag, kind, numbers in entries:
        value = np.array(list(numbers), dtype=f"<{kind[1]}").tobytes()
        count = len(value) // {"1": 1, "3": 2, "4": 4, "5": 8, "7": 1}[kind[0]]
        table += struct.pack("<HHI", tag, int(kind[0]), count)
        table += value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", at + len(behind))
        behind += value + bytes(len(value) % 2) if len(value) > 4 else b""
    return struct.pack("<H", len(entries)) + table + bytes(4) + behind


WRITERS_16: dict[str, Callable[[Pixels, bytes, bytes | None], bytes]] = {"PNG": encode_png16, "TIFF": encode_tiff16}
"""Format to what writes it with 16 bits per channel."""
