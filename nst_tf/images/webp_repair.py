"""WebP files whose length field is wrong, repaired so that decoders read their pixels. Imports no TensorFlow."""

import struct

_CHUNKS = (b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L", b"EXIF", b"XMP ")


def repair_length(data: bytes) -> bytes:
    """Rewrite the length of a WebP that does not match its size; return all other files unchanged.

    Truncated chunks are dropped, and so is everything after the last known chunk.
    """
    if int.from_bytes(data[4:8], "little") + 8 == len(data):
        return data
    chunks: list[bytes] = []
    at = 12
    while data[at : at + 4] in _CHUNKS:
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if end > len(data):
            break
        chunks.append(data[at:end] + bytes((end - at) % 2))
        at = end + (end - at) % 2
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
