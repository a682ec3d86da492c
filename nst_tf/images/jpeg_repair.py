"""JPEG files whose metadata is damaged or whose end is missing, repaired so that decoders read their pixels.

Otherwise a decoder that fails at the metadata could not read the picture. Imports no TensorFlow.
"""

import io
import re
import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

JPEG_SIGNATURE = b"\xff\xd8"

_COMMENT, _END, _SCAN = 0xFE, 0xD9, 0xDA
_FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))  # ITU-T T.81, table B.1

_LEAST_BYTES = {(0xE0, b"JFIF"): 14, (0xE2, b"ICC_PROFILE\0"): 15, (0xEE, b"Adobe"): 12}
"""Least bytes of a segment by its marker and first bytes; libjpeg, too, ignores shorter ones."""

_CONTINUATIONS = (b"", b"\x55" * 64, b"\xaa" * 64)
"""Compressed data that might follow where a file is cut off."""


def repair_segments(data: bytes) -> bytes:
    """Turn segments that are too short into comments; return all other files unchanged."""
    repaired: bytearray | None = None
    profile_parts: list[tuple[int, int]] = []
    for marker, at, end in _segments(data):
        for (application, start), least in _LEAST_BYTES.items():
            if marker == application and data.startswith(start, at + 4) and end - at - 4 < least:
                repaired = repaired or bytearray(data)
                repaired[at + 1] = _COMMENT
        if marker == 0xE2 and data.startswith(b"ICC_PROFILE\0", at + 4) and end - at >= 18:
            profile_parts.append((data[at + 16], data[at + 17]))
    if profile_parts and len(profile_parts) != min(profile_parts)[1]:
        warnings.warn("An embedded color profile can't be used, sRGB is assumed: a part of it is missing", stacklevel=2)
    return data if repaired is None else bytes(repaired)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, position and end of each segment up to and including the first scan's header."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        end = at + 2 + (0 if marker in _WITHOUT_LENGTH else int.from_bytes(data[at + 2 : at + 4], "big"))
        yield marker, at, end
        if marker in (_SCAN, _END):
            return
        at = max(end, at + 2)


def append_end(data: bytes) -> bytes | None:
    """Append the end marker to a JPEG that lacks it; return None if pixels are missing.

    If a decoder has all pixels, the data that follows does not matter. So the file is decoded with several
    continuations, and the results are compared.
    """
    data = data.rstrip(b"\xff")
    if not _has_all_scans(data):
        return None
    end = bytes([0xFF, _END])
    decoded = (_pixels(data + continuation + end) for continuation in _CONTINUATIONS)
    first = next(decoded)
    return data + end if all(np.array_equal(first, other) for other in decoded) else None


def _pixels(data: bytes) -> npt.NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as file:
        return np.asarray(file)


def _has_all_scans(data: bytes) -> bool:
    """Return whether the scans give every coefficient of every component to its last bit (T.81, annex G)."""
    frame = next((at for marker, at, _ in _segments(data) if marker in _FRAMES), len(data))
    missing: dict[int, npt.NDArray[np.bool_]] = {}
    is_progressive = False
    for match in re.compile(rb"\xff([\xc0-\xcf\xda])").finditer(data, frame):  # after the metadata's own thumbnail
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
