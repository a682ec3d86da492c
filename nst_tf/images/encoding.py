"""Encoders of PNG and TIFF files that write band by band; Pillow needs the whole picture, and has no 16-bit colors.

TIFF is laid out by tifffile. PNG is written here, as no library writes 16-bit RGB with a profile and XMP: pypng and
imagecodecs have neither. Imports no TensorFlow.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from nst_tf.images.bands import bands
from nst_tf.images.pixels import Pixels
from nst_tf.images.png_chunks import SIGNATURE, build_chunk

LARGEST_CLASSIC_TIFF = 2**32 - 2**20
"""Bytes of pixels beyond which a TIFF is a BigTIFF, as positions in a classic one have 32 bits."""

LARGEST_CHUNK = 2**31 - 1
"""Bytes of the largest chunk of a PNG (W3C, third edition, section 5.3)."""

STRIP_BYTES = 2**18
"""Bytes of a strip of a TIFF before compression; a row if that is more."""

ROW_FILTER_UP = 2
_TIFF_XMP, _BYTE = 700, 1  # XMP specification, part 3


class Attached(NamedTuple):
    """What a file holds beside its pixels.

    Attributes:
        profile: ICC profile.
        xmp: XMP packet, if any.
    """

    profile: bytes
    xmp: bytes | None = None


def write_png(stream: BinaryIO, pixels: Pixels, attached: Attached) -> None:
    """Write a PNG file (W3C, third edition); the same pixels give the same bytes.

    Args:
        stream: The file, which must be seekable.
        pixels: The pixels.
        attached: What to embed.
    """
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, pixels.bit_depth, {3: 2, 4: 6}[channels], 0, 0, 0)
    text = b"XML:com.adobe.xmp" + bytes(5) + attached.xmp if attached.xmp else None
    chunks = [
        *build_chunk(b"IHDR", header),
        *build_chunk(b"iCCP", b"ICC Profile" + bytes(2) + zlib.compress(attached.profile)),
        *(build_chunk(b"iTXt", text) if text else []),
    ]
    stream.write(SIGNATURE + b"".join(chunks))
    _write_chunks(stream, b"IDAT", _deflated(_filtered_rows(pixels)))
    stream.write(b"".join(build_chunk(b"IEND", b"")))


def write_tiff(stream: BinaryIO, pixels: Pixels, attached: Attached) -> None:
    """Write a TIFF 6.0, or a BigTIFF if it must be, deflated with predictor 2; the same pixels give the same bytes.

    Args:
        stream: The file, which must be seekable.
        pixels: The pixels.
        attached: What to embed.
    """
    import tifffile  # seldom needed

    height, width, channels = pixels.shape
    kind, xmp = np.dtype(pixels.kind), attached.xmp
    row = width * channels * kind.itemsize
    rows = min(height, max(1, STRIP_BYTES // row))
    file = tifffile.FileHandle(stream, name="picture.tif")  # without a name, it takes a stream's number for one
    with tifffile.TiffWriter(file, bigtiff=height * row > LARGEST_CLASSIC_TIFF, byteorder="<") as writer:
        writer.write(
            _strips(pixels, rows),
            shape=pixels.shape,
            dtype=kind,
            rowsperstrip=rows,
            photometric="rgb",
            extrasamples=["unassalpha"] if channels == 4 else None,
            compression="zlib",
            predictor=True,
            resolution=(72, 72),
            resolutionunit="inch",
            iccprofile=attached.profile,
            extratags=[(_TIFF_XMP, _BYTE, len(xmp), xmp, True)] if xmp else None,
            software=False,
            metadata=None,
        )


WRITERS: dict[str, Callable[[BinaryIO, Pixels, Attached], None]] = {"PNG": write_png, "TIFF": write_tiff}
"""Encoder by format."""


def _filtered_rows(pixels: Pixels) -> Iterator[bytes]:
    """Yield all rows as differences from the row above, each after the number of that filter."""
    height, width, _ = pixels.shape
    above: npt.NDArray[np.uint8] | None = None
    for rows in bands(height, width):
        band = pixels.band(rows)
        stored = band.astype(band.dtype.newbyteorder(">")).view(np.uint8).reshape(len(band), -1)
        differences = np.diff(stored, axis=0, prepend=np.zeros_like(stored[:1]) if above is None else above)
        yield np.insert(differences, 0, ROW_FILTER_UP, axis=1).tobytes()
        above = stored[-1:]


def _deflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj()
    for piece in pieces:
        yield compressor.compress(piece)
    yield compressor.flush()


def _write_chunks(stream: BinaryIO, kind: bytes, pieces: Iterable[bytes]) -> None:
    """Write data as one chunk, or as several if it is too long for one; its length is filled in afterwards."""
    start, length, checksum = _begin_chunk(stream, kind)
    for piece in pieces:
        if length + len(piece) > LARGEST_CHUNK:
            _end_chunk(stream, start, length, checksum)
            start, length, checksum = _begin_chunk(stream, kind)
        stream.write(piece)
        length, checksum = length + len(piece), zlib.crc32(piece, checksum)
    _end_chunk(stream, start, length, checksum)


def _begin_chunk(stream: BinaryIO, kind: bytes) -> tuple[int, int, int]:
    """Return where a chunk starts, how long it is so far, and its checksum."""
    start = stream.tell()
    stream.write(bytes(4) + kind)
    return start, 0, zlib.crc32(kind)


def _end_chunk(stream: BinaryIO, start: int, length: int, checksum: int) -> None:
    stream.write(checksum.to_bytes(4, "big"))
    end = stream.tell()
    stream.seek(start)
    stream.write(length.to_bytes(4, "big"))
    stream.seek(end)


def _strips(pixels: Pixels, count: int) -> Iterator[bytes]:
    """Yield strips of some rows: differences from the pixel to the left, little-endian, compressed."""
    height, width, _ = pixels.shape
    kind = np.dtype(pixels.kind).newbyteorder("<")
    per_band = max(1, next(bands(height, width)).stop // count) * count
    for top in range(0, height, per_band):
        band = pixels.band(slice(top, min(height, top + per_band)))
        differences = np.diff(band, axis=1, prepend=band[:, :1] * 0).astype(kind)
        for start in range(0, len(band), count):
            yield zlib.compress(differences[start : start + count].tobytes(), 6)
