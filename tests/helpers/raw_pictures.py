"""Writers of picture files that Pillow can't write: PNG and TIFF of any depth and with any parts, BMP of version 5.

They know the formats from their specifications and nothing of the code under test.
"""

import struct
import zlib

import numpy as np

ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row, first column, step of rows, step of columns of each pass (PNG, section 8.2)."""


def png(values, *, color, depth=8, chunks=(), interlaced=False):
    """Write `(H, W, C)` of whole numbers; `color` is PNG's color type, `chunks` come before the pixels."""
    height, width = values.shape[:2]
    passes = [values[row::down, column::right] for row, column, down, right in ADAM7] if interlaced else [values]
    data = b"".join(_scanlines(each, depth) for each in passes if each.size)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def _scanlines(values, depth):
    rows = values.reshape(len(values), -1)
    if depth == 16:
        return b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    bits = (rows[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
    return b"".join(b"\0" + np.packbits(row.reshape(-1)).tobytes() for row in bits)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tiff(
    values, *, photometric, depth=16, kind="u", planar=False, big_endian=False, deflate=False, extra=None, tags=()
):
    """Write `(H, W, C)` of numbers; `photometric` and `extra` (samples) as in TIFF 6.0, `tags` of one short.

    The kind is NumPy's letter: `u` for whole numbers, `i` with a sign, `f` for floats.
    """
    order = ">" if big_endian else "<"
    height, width, channels = values.shape
    tags = tags if kind == "u" else [*tags, (339, {"i": 2, "f": 3}[kind])]
    strips = [_strip(part, f"{order}{kind}", depth) for part in (np.moveaxis(values, 2, 0) if planar else [values])]
    strips = [zlib.compress(strip) for strip in strips] if deflate else strips
    entries = [
        (256, "I", [width]),
        (257, "I", [height]),
        (258, "H", [depth] * channels),
        (259, "H", [8 if deflate else 1]),
        (262, "H", [photometric]),
        (273, "I", [0] * len(strips)),
        (277, "H", [channels]),
        (278, "I", [height]),
        (279, "I", [len(strip) for strip in strips]),
        (284, "H", [2 if planar else 1]),
        *((tag, "H", [value]) for tag, value in tags),
        *([(338, "H", [extra])] if extra is not None else []),
    ]
    return _tiff_of(sorted(entries), strips, order)


def _strip(values, kind, depth):
    if depth % 8 == 0:
        return values.astype(f"{kind}{depth // 8}").tobytes()
    rows = values.reshape(len(values), -1).astype(int)
    bits = (rows[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
    return b"".join(np.packbits(row.reshape(-1)).tobytes() for row in bits)


def _tiff_of(entries, strips, order):
    lengths = [struct.calcsize(code) * len(numbers) for _, code, numbers in entries]
    at = 8 + 2 + 12 * len(entries) + 4
    starts = np.cumsum([at + sum(length for length in lengths if length > 4), *map(len, strips)])[:-1].tolist()
    table, behind = b"", b""
    for (tag, code, numbers), length in zip(entries, lengths, strict=True):
        raw = struct.pack(order + code * len(numbers), *(starts if tag == 273 else numbers))
        value = raw.ljust(4, b"\0") if length <= 4 else struct.pack(order + "I", at + len(behind))
        behind += raw if length > 4 else b""
        table += struct.pack(order + "HHI", tag, {"H": 3, "I": 4}[code], len(numbers)) + value
    head = (b"MM" if order == ">" else b"II") + struct.pack(order + "HIH", 42, 8, len(entries))
    return head + table + bytes(4) + behind + b"".join(strips)


def bmp(values, *, profile=b""):
    """Write `(H, W, 3 or 4)` of bytes with a header of version 5, and a profile that is embedded."""
    height, width, channels = values.shape
    order = [2, 1, 0, 3][:channels]
    stride = -(-width * channels // 4) * 4
    rows = b"".join(row[:, order].astype(np.uint8).tobytes().ljust(stride, b"\0") for row in values[::-1])
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000) if channels == 4 else (0, 0, 0, 0)
    info = struct.pack("<IiiHHIIiiII", 124, width, height, 1, 8 * channels, 3 * (channels == 4), len(rows), 0, 0, 0, 0)
    space = b"DEBM" if profile else b"BGRs"
    info += struct.pack("<IIII", *masks) + space + bytes(48) + struct.pack("<IIII", 4, 124 + len(rows), len(profile), 0)
    size = 14 + 124 + len(rows) + len(profile)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, 14 + 124) + info + rows + profile


def tiff_of_pages(pages, *, big_endian=False, big=False):
    """Write RGB pages of 8 bits: `(values, tags, pages below)`; `big` for BigTIFF, `tags` to lists of numbers."""
    order, offset, count = ">" if big_endian else "<", "Q" if big else "I", "Q" if big else "H"
    head = b"MM" if big_endian else b"II"
    head += struct.pack(order + "HHHQ", 43, 8, 0, 0) if big else struct.pack(order + "HI", 42, 0)
    data = bytearray(head)

    def add(values, tags, below, following):
        strip = len(data)
        data.extend(values.astype("u1").tobytes())
        tables = [add(*page, 0) for page in below]
        height, width, channels = values.shape
        entries = {256: [width], 257: [height], 258: [8] * channels, 259: [1], 262: [2], 273: [strip], 277: [channels]}
        entries |= {278: [height], 279: [values.size], **({330: tables} if tables else {}), **tags}
        table = b""
        for tag, numbers in sorted(entries.items()):
            code = offset if tag in (273, 330) else "I" if max(numbers) > 65535 else "H"
            raw = struct.pack(order + code * len(numbers), *numbers)
            if len(raw) > struct.calcsize(order + offset):
                place = len(data)
                data.extend(raw)
                raw = struct.pack(order + offset, place)
            number = {"H": 3, "I": 4, "Q": 16}[code]
            table += struct.pack(order + "HH" + offset, tag, number, len(numbers)) + raw.ljust(8 if big else 4, b"\0")
        at = len(data)
        table = struct.pack(order + count, len(entries)) + table
        data.extend(table + struct.pack(order + offset, following))
        return at

    following = 0
    for page in reversed(pages):
        following = add(*page, following)
    struct.pack_into(order + offset, data, 8 if big else 4, following)
    return bytes(data)
