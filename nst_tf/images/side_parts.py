"""What stands beside the picture in JPEG and WebP files, where it is damaged or missing.

A decoder that stumbles over it would cost the picture. Imports no TensorFlow.
"""

import io
import re
import struct
import warnings
from collections.abc import Iterator

import numpy as np
from PIL import Image

JPEG_SIGNATURE = b"\xff\xd8"

_COMMENT, _END, _SCAN = 0xFE, 0xD9, 0xDA
_FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_ALONE = (0x01, *range(0xD0, 0xD9))  # ITU-T T.81, table B.1: without a length

_LEAST = {(0xE0, b"JFIF"): 14, (0xE2, b"ICC_PROFILE\0"): 15, (0xEE, b"Adobe"): 12}
"""Marker and first bytes of a segment to the bytes that it has at least; libjpeg, too, ignores shorter ones."""

_WEBP_CHUNKS = (b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L", b"EXIF", b"XMP ")

_TAILS = (b"", b"\x55" * 64, b"\xaa" * 64)
"""Packed pixels that might follow where a file is cut off."""


def mend_jpeg(data: bytes) -> bytes:
    """Return a JPEG in which segments that are cut short are comments; most are returned as they are."""
    mended: bytearray | None = None
    parts: list[tuple[int, int]] = []
    for marker, at, end in _segments(data):
        for (application, start), least in _LEAST.items():
            if marker == application and data.startswith(start, at + 4) and end - at - 4 < least:
                mended = mended or bytearray(data)
                mended[at + 1] = _COMMENT
        if marker == 0xE2 and data.startswith(b"ICC_PROFILE\0", at + 4) and end - at >= 18:
            parts.append((data[at + 16], data[at + 17]))
    if parts and len(parts) != min(parts)[1]:
        warnings.warn("An embedded color profile can't be used, sRGB is assumed: a part of it is missing", stacklevel=2)
    return data if mended is None else bytes(mended)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, position and end of each segment before the first scan, that one included."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        end = at + 2 + (0 if marker in _ALONE else int.from_bytes(data[at + 2 : at + 4], "big"))
        yield marker, at, end
        if marker in (_SCAN, _END):
            return
        at = max(end, at + 2)


def with_end(data: bytes) -> bytes | None:
    """Return a JPEG that is cut off behind its last scan with an end; None if pixels are missing.

    What follows does not matter to a decoder that has all pixels. So they are decoded with several things following.
    """
    data = data.rstrip(b"\xff")
    if not _has_all_scans(data):
        return None
    whole = data + bytes([0xFF, _END])
    versions = (_pixels(data + tail + bytes([0xFF, _END])) for tail in _TAILS)
    first = next(versions)
    return whole if all(np.array_equal(first, other) for other in versions) else None


def _pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as file:
        return np.asarray(file)


def _has_all_scans(data: bytes) -> bool:
    """Tell whether the scans that begin give every coefficient of every component to its last bit (T.81, annex G)."""
    frame = next((at for marker, at, _ in _segments(data) if marker in _FRAMES), len(data))
    missing: dict[int, np.ndarray] = {}
    is_progressive = False
    for match in re.compile(rb"\xff([\xc0-\xcf\xda])").finditer(data, frame):  # behind the notes' own thumbnail
        marker, body = match[1][0], data[match.end() + 2 : match.end() + 2 + 1024]
        if marker in _FRAMES and not missing:
            is_progressive = marker in _PROGRESSIVE
            missing = {body[6 + 3 * index]: np.ones(64, bool) for index in range(body[5])}
        elif marker == _SCAN and missing:
            components = [body[1 + 2 * index] for index in range(body[0])]
            first, last, bits = body[1 + 2 * body[0] :][:3]
            for component in components:
                if component in missing:
                    missing[component][first if is_progressive else 0 : last + 1] = bits % 16 > 0
    return bool(missing) and not any(each.any() for each in missing.values())


def mend_webp(data: bytes) -> bytes:
    """Return a WebP whose length is not what it says as far as its parts are whole, if its picture is; others as are.

    Trailers that are cut off are left out, and so is whatever follows that is no part of a WebP.
    """
    if int.from_bytes(data[4:8], "little") + 8 == len(data):
        return data
    chunks: list[bytes] = []
    at = 12
    while data[at : at + 4] in _WEBP_CHUNKS:
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if end > len(data):
            break
        chunks.append(data[at:end] + bytes((end - at) % 2))
        at = end + (end - at) % 2
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
