"""The chunks of a PNG file (W3C, third edition): iterated, checked, compressed and built. Imports no TensorFlow."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"

LARGEST_METADATA = 2**24
"""Bytes of a decompressed profile or text that is read; larger ones are skipped."""

PALETTE = 3
"""The color type whose colors are in PLTE; in others, PLTE is only a suggestion."""

_HEADER_END = 33
"""Bytes of a file up to the end of its first chunk, IHDR."""

_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row and column, and steps of rows and columns, of each pass of an interlaced picture."""

_PIECE = 2**16
"""Bytes that are decompressed at a time."""


class Chunk(NamedTuple):
    """A chunk of a PNG file.

    Attributes:
        kind: The four letters of its type, such as `IHDR`.
        body: Its data; of a truncated chunk, the data present.
        is_sound: Whether its checksum holds; true for a truncated chunk of pixels, as they may still be complete.
    """

    kind: bytes
    body: memoryview
    is_sound: bool


def iterate_chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a PNG file up to IEND; of truncated ones, only pixels."""
    view, at = memoryview(data), len(SIGNATURE)
    while at + 8 <= len(view):
        length, kind = struct.unpack(">I4s", view[at : at + 8])
        body, checksum = view[at + 8 : at + 8 + length], bytes(view[at + 8 + length : at + 12 + length])
        if kind == b"IEND" or not kind.isalpha():
            return
        cut_off = len(checksum) < 4
        if not cut_off or kind == b"IDAT":
            yield Chunk(kind, body, cut_off or checksum == _checksum(kind, body))
        at += 12 + length


def build_chunk(kind: bytes, body: bytes | memoryview) -> list[bytes | memoryview]:
    """Return the pieces of a chunk, in order, so that large data is copied only once, when they are joined."""
    return [struct.pack(">I", len(body)), kind, body, _checksum(kind, body)]


def color_type(header: bytes) -> int:
    """Return the color type that the data of IHDR gives; 0 (gray) if it is too short."""
    return header[9] if len(header) > 9 else 0


def size_in(data: bytes) -> tuple[int, int]:
    """Return height and width that a PNG file gives, in pixels.

    Raises:
        ValueError: If it does not begin as a PNG file does.
    """
    if len(data) < _HEADER_END or not data.startswith(SIGNATURE) or data[12:16] != b"IHDR":
        raise ValueError("It does not begin as a PNG file does.")
    width, height = struct.unpack(">2I", data[16:24])
    return height, width


def with_text(data: bytes, keyword: bytes, text: bytes) -> bytes:
    """Return a PNG file with an international text (iTXt) right after its header; all else stays as it is.

    Args:
        data: The file.
        keyword: What the text is.
        text: The text, in UTF-8.

    Raises:
        ValueError: If it does not begin as a PNG file does.
    """
    size_in(data)
    chunk = build_chunk(b"iTXt", keyword + bytes(5) + text)  # not compressed, of no language
    return b"".join([data[:_HEADER_END], *chunk, data[_HEADER_END:]])


def check_pixels(data: bytes) -> None:
    """Check that a PNG file has all pixels that its header announces; Pillow would leave missing ones black.

    Pixels are decompressed piece by piece, and counted.

    Raises:
        ValueError: If some are missing.
    """
    chunks = list(iterate_chunks(data))
    header = next(bytes(chunk.body) for chunk in chunks if chunk.kind == b"IHDR")
    wanted = _decompressed_size(header)
    if measure_pixels((chunk.body for chunk in chunks if chunk.kind == b"IDAT"), wanted)[0] < wanted:
        raise ValueError("a part of its pixels is missing; the file is damaged")


def measure_pixels(pixels: Iterable[memoryview], most: int) -> tuple[int, bool]:
    """Decompress pixels to count their bytes.

    Args:
        pixels: The data of all IDAT chunks, in order.
        most: Bytes after which to stop counting.

    Returns:
        How many bytes they decompress to, up to about `most`, and whether the stream ends with a valid checksum.
    """
    decompressor, count = zlib.decompressobj(), 0
    pieces = (part[at : at + _PIECE] for part in pixels for at in range(0, len(part), _PIECE))
    try:
        for piece in pieces:
            pending: bytes | memoryview = piece
            while pending and not decompressor.eof and count <= most:
                count += len(decompressor.decompress(pending, 2**20))
                pending = decompressor.unconsumed_tail
    except zlib.error:
        return count, False
    return count, decompressor.eof


def decompress_metadata(compressed: bytes) -> bytes | None:
    """Decompress a profile or a text; return None if it is damaged or larger than `LARGEST_METADATA`."""
    decompressor = zlib.decompressobj()
    try:
        data = decompressor.decompress(compressed, LARGEST_METADATA)
    except zlib.error:
        return None
    return data if decompressor.eof else None


def _checksum(kind: bytes, body: bytes | memoryview) -> bytes:
    return zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big")


def _decompressed_size(header: bytes) -> int:
    """Return the bytes of all rows, each with its filter byte, of all passes (PNG, sections 7.2 and 8)."""
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", header[:13])
    bits = depth * {2: 3, 4: 2, 6: 4}.get(color, 1)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = ((-(-(width - left) // right), -(-(height - top) // down)) for top, left, down, right in passes)
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0)
