"""The chunks of a PNG file: those that are the picture, and those that stand beside it.

Pillow refuses a picture for whatever is wrong beside it. So it gets the picture alone; the rest is read here, within
a bound on memory, and skipped where it is damaged. The form is that of the W3C's third edition. Imports no TensorFlow.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from nst_tf.images.color_encoding import (
    SRGB_CHROMATICITIES,
    ColorEncoding,
    Curve,
    bt709_to_light,
    close_to_srgb,
    power_to_light,
    srgb_to_light,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"

LARGEST_PART = 2**24
"""Bytes of an unpacked profile or text that is looked into; larger ones are skipped."""

CLOSE_TO_SRGB = 0.05
"""How far a gamma may be from 1/2.2 to be taken for sRGB's curve; libpng's threshold, too."""

_XMP = b"XML:com.adobe.xmp"
_RAW_PROFILES = (b"Raw profile type exif", b"Raw profile type APP1", b"Raw profile type xmp")
"""Keywords under which ImageMagick hides a camera's notes in a text, as hexadecimal digits."""

_BEFORE_PIXELS = (b"tRNS", b"iCCP", b"cICP", b"sRGB", b"gAMA", b"cHRM")
_FOR_THE_LOOKS = (*_BEFORE_PIXELS, b"eXIf")

_KEY_BYTES = {0: 2, 2: 6, 3: 1}
"""Color type to the bytes that tRNS has at least; others have opacity of their own."""

_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row and column, and steps of rows and columns, of each pass of an interlaced picture."""

_PIECE = 2**16
"""Bytes that are unpacked at a time."""

_PALETTE = 3
"""The color type whose colors are PLTE's; in others, PLTE is a mere suggestion."""

_PRIMARIES = {
    1: SRGB_CHROMATICITIES,
    5: (0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (0.3127, 0.3290, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
"""Number of cICP's color primaries (ITU-T H.273, table 2) to what cHRM would say."""

_CURVES: dict[int, Curve] = {
    **dict.fromkeys((1, 6, 14, 15), bt709_to_light),
    4: power_to_light(2.2),
    5: power_to_light(2.8),
    8: power_to_light(1.0),
    13: srgb_to_light,
}
"""Number of cICP's transfer function (ITU-T H.273, table 3) to the curve."""

_HIGH_DYNAMIC_RANGE = {16: "PQ", 18: "HLG"}


class Parts(NamedTuple):
    """What a PNG file holds.

    Attributes:
        picture: A PNG file of the picture alone.
        notes: What stands beside it, under the names that Pillow gives it: `icc_profile`, `exif`, `xmp`.
        encoding: What its numbers mean, unless a profile says it; None if nothing is said.
    """

    picture: bytes
    notes: dict[str, Any]
    encoding: ColorEncoding | None


def read_png(data: bytes) -> Parts:
    """Divide a PNG file into its parts; the first of a kind counts.

    Raises:
        ValueError: If the picture itself is damaged, or of high dynamic range.
    """
    picture: list[bytes | memoryview] = [SIGNATURE]
    pixels: list[memoryview] = []
    beside: dict[bytes, bytes] = {}
    texts: dict[bytes, bytes] = {}
    header, whole = b"", True
    for kind, body, sound in _chunks(memoryview(data)):
        if kind == b"IDAT":
            pixels.append(body)
            whole &= sound
        elif kind == b"IHDR" or (kind == b"PLTE" and _color_type(header) == _PALETTE):
            if not sound:
                raise ValueError(f"the checksum of its {kind.decode()} chunk is wrong; the file is damaged")
            header = header or bytes(body)
            picture += [] if pixels else _chunk(kind, body)
        elif kind in _FOR_THE_LOOKS and not sound:
            _skip(kind, "it is damaged")
        elif sound and kind in _FOR_THE_LOOKS and not (pixels and kind in _BEFORE_PIXELS):
            beside.setdefault(kind, bytes(body))
        elif sound and kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword = bytes(body[:80]).split(b"\0")[0]
            if keyword in (_XMP, *_RAW_PROFILES):
                texts.setdefault(keyword, _text(kind, bytes(body)) or b"")
    if not pixels:
        raise ValueError("it has no pixels; the file is damaged")
    if not whole and not _unpack(pixels, 2**31)[1]:
        raise ValueError("the checksum of its pixels is wrong; the file is damaged")
    if b"tRNS" in beside and len(beside[b"tRNS"]) >= _KEY_BYTES.get(_color_type(header), 2**31):
        picture += _chunk(b"tRNS", beside[b"tRNS"])
    for body in pixels:
        picture += _chunk(b"IDAT", body)
    picture += _chunk(b"IEND", b"")
    return Parts(b"".join(picture), *_looks(beside, texts))


def _color_type(header: bytes) -> int:
    return header[9] if len(header) > 9 else 0


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview, bool]]:
    """Yield the kind of each chunk up to IEND, its data, and whether the checksum holds.

    Of one that is cut off, there is as much as the file has; pixels may still be complete.
    """
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body, checksum = data[at + 8 : at + 8 + length], bytes(data[at + 8 + length : at + 12 + length])
        if kind == b"IEND" or not kind.isalpha():
            return
        cut_off = len(checksum) < 4
        if not cut_off or kind == b"IDAT":
            computed = zlib.crc32(body, zlib.crc32(kind))
            yield kind, body, cut_off or checksum == computed.to_bytes(4, "big")
        at += 12 + length


def _chunk(kind: bytes, body: bytes | memoryview) -> list[bytes | memoryview]:
    """Return the pieces of a chunk, so that large ones are copied only once."""
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return [struct.pack(">I", len(body)), kind, body, checksum.to_bytes(4, "big")]


def check_pixels(data: bytes) -> None:
    """Raise `ValueError` if a PNG file has fewer pixels than its header says; Pillow would leave the others black.

    They are unpacked for that, a piece at a time, and counted.
    """
    chunks = [(kind, body) for kind, body, _ in _chunks(memoryview(data))]
    header = next(bytes(body) for kind, body in chunks if kind == b"IHDR")
    wanted = _unpacked_size(header)
    if _unpack([body for kind, body in chunks if kind == b"IDAT"], wanted)[0] < wanted:
        raise ValueError("a part of its pixels is missing; the file is damaged")


def _unpacked_size(header: bytes) -> int:
    """Return the bytes of all rows, each with its filter, of all passes (PNG, sections 7.2 and 8)."""
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", header[:13])
    bits = depth * {2: 3, 4: 2, 6: 4}.get(color, 1)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = ((-(-(width - left) // right), -(-(height - top) // down)) for top, left, down, right in passes)
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0)


def _unpack(pixels: list[memoryview], most: int) -> tuple[int, bool]:
    """Count the bytes of unpacked pixels, up to about `most`, and tell whether their own checksum holds."""
    unpack, count = zlib.decompressobj(), 0
    pieces = (part[at : at + _PIECE] for part in pixels for at in range(0, len(part), _PIECE))
    try:
        for piece in pieces:
            pending: bytes | memoryview = piece
            while pending and not unpack.eof and count <= most:
                count += len(unpack.decompress(pending, 2**20))
                pending = unpack.unconsumed_tail
    except zlib.error:
        return count, False
    return count, unpack.eof


def _unpacked(packed: bytes) -> bytes | None:
    """Unpack the data of a side part; None if it is damaged or too large."""
    unpack = zlib.decompressobj()
    try:
        data = unpack.decompress(packed, LARGEST_PART)
    except zlib.error:
        return None
    return data if unpack.eof else None


def _text(kind: bytes, body: bytes) -> bytes | None:
    """Return the text of a chunk as it is encoded; None if it can't be read."""
    _, _, rest = body.partition(b"\0")
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _unpacked(rest[1:]) if rest[:1] == b"\0" else None
    packed, parts = rest[:1] != b"\0", rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return None
    return _unpacked(parts[2]) if packed else parts[2]


def _looks(beside: dict[bytes, bytes], texts: dict[bytes, bytes]) -> tuple[dict[str, Any], ColorEncoding | None]:
    """Return what stands beside a picture and decides how it looks."""
    notes = _camera_notes(beside, texts)
    encoding = _coded(beside.get(b"cICP"))
    if encoding is None and b"iCCP" in beside:
        packed = beside[b"iCCP"].partition(b"\0")[2]
        profile = _unpacked(packed[1:]) if packed[:1] == b"\0" else None
        if profile:
            notes["icc_profile"] = profile
        else:
            _skip(b"iCCP", f"its profile is damaged, or larger than {LARGEST_PART} bytes")
    return notes, encoding or _measured(beside)


def _camera_notes(beside: dict[bytes, bytes], texts: dict[bytes, bytes]) -> dict[str, Any]:
    """Return EXIF and XMP, also where ImageMagick has written them as text."""
    notes: dict[str, Any] = {"xmp": texts[_XMP]} if texts.get(_XMP) else {}
    hidden = [_from_digits(texts[keyword]) for keyword in _RAW_PROFILES if keyword in texts]
    for each in ([b"Exif\0\0" + beside[b"eXIf"]] if b"eXIf" in beside else []) + hidden:
        if each.startswith((b"Exif\0\0", b"II*\0", b"MM\0*")):
            notes.setdefault("exif", each)
        elif each:
            notes.setdefault("xmp", each.removeprefix(b"http://ns.adobe.com/xap/1.0/\0"))
    return notes


def _from_digits(text: bytes) -> bytes:
    """Read ImageMagick's form: an empty line, a name, a length, then hexadecimal digits."""
    digits = b"".join(text.strip().split(b"\n")[2:])
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b""


def _coded(cicp: bytes | None) -> ColorEncoding | None:
    """Return what cICP says; None if there is none, or no RGB that is known."""
    if cicp is None:
        return None
    if len(cicp) == 4 and cicp[1] in _HIGH_DYNAMIC_RANGE:
        kind = _HIGH_DYNAMIC_RANGE[cicp[1]]
        raise ValueError(f"it is of high dynamic range ({kind}); convert it to an ordinary one first")
    if len(cicp) != 4 or cicp[0] not in _PRIMARIES or cicp[1] not in _CURVES or cicp[2:] != b"\0\1":
        _skip(b"cICP", "it names a color space that is not known here")
        return None
    return ColorEncoding(_PRIMARIES[cicp[0]], _CURVES[cicp[1]])


def _measured(beside: dict[bytes, bytes]) -> ColorEncoding | None:
    """Return what sRGB, gAMA and cHRM say; of the latter two, one that is missing is sRGB's, as in browsers."""
    if b"sRGB" in beside:
        return None
    chromaticities: tuple[float, ...] = SRGB_CHROMATICITIES
    curve: Curve = srgb_to_light
    if len(beside.get(b"cHRM", b"")) == 32:
        chromaticities = tuple(value / 100_000 for value in struct.unpack(">8I", beside[b"cHRM"]))
    if len(beside.get(b"gAMA", b"")) == 4:
        gamma = int.from_bytes(beside[b"gAMA"], "big") / 100_000
        if not 0.01 <= gamma <= 100:
            _skip(b"gAMA", f"a gamma of {gamma} is none")
        elif abs(2.2 * gamma - 1) > CLOSE_TO_SRGB or not close_to_srgb(chromaticities):
            curve = power_to_light(1 / gamma)
    return ColorEncoding(chromaticities, curve)


def _skip(kind: bytes, reason: str) -> None:
    warnings.warn(f"The PNG's {kind.decode()} chunk is skipped: {reason}.", stacklevel=2)
