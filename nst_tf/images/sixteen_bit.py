"""Encoders of PNG and TIFF files with 16 bits per channel, which Pillow can't write in color. Imports no TensorFlow.

TIFF is written by tifffile. PNG is written here, as no library writes 16-bit RGB with a profile and XMP: pypng
and imagecodecs have neither.
"""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nst_tf.images.png_chunks import SIGNATURE, build_chunk

Pixels = npt.NDArray[np.uint16]
"""`(H, W, 3)`, or `(H, W, 4)` with an alpha channel that colors are not multiplied by."""

LARGEST_CLASSIC_TIFF = 2**32 - 2**20
"""Bytes of pixels beyond which a TIFF is a BigTIFF, as positions in a classic one have 32 bits."""

ROW_FILTER_UP = 2
_TIFF_XMP, _BYTE = 700, 1  # XMP specification, part 3


def encode_png16(pixels: Pixels, profile: bytes, xmp: bytes | None = None) -> bytes:
    """Encode pixels as PNG (W3C, third edition).

    Args:
        pixels: The pixels.
        profile: ICC profile to embed.
        xmp: XMP packet to embed, if any.
    """
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    rows = pixels.astype(">u2").view(np.uint8).reshape(height, -1)
    differences = np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))
    filtered = np.insert(differences, 0, ROW_FILTER_UP, axis=1).tobytes()
    chunks = [
        *build_chunk(b"IHDR", header),
        *build_chunk(b"iCCP", b"ICC Profile" + bytes(2) + zlib.compress(profile)),
        *(build_chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp) if xmp else []),
        *build_chunk(b"IDAT", zlib.compress(filtered)),
        *build_chunk(b"IEND", b""),
    ]
    return SIGNATURE + b"".join(chunks)


def encode_tiff16(pixels: Pixels, profile: bytes, xmp: bytes | None = None) -> bytes:
    """Encode pixels as TIFF 6.0, deflated with predictor 2; the same pixels give the same bytes.

    Args:
        pixels: The pixels.
        profile: ICC profile to embed.
        xmp: XMP packet to embed, if any.
    """
    import tifffile  # seldom needed

    file = io.BytesIO()
    with tifffile.TiffWriter(file, bigtiff=pixels.nbytes > LARGEST_CLASSIC_TIFF, byteorder="<") as writer:
        writer.write(
            pixels,
            photometric="rgb",
            extrasamples=["unassalpha"] if pixels.shape[2] == 4 else None,
            compression="zlib",
            predictor=True,
            resolution=(72, 72),
            resolutionunit="inch",
            iccprofile=profile,
            extratags=[(_TIFF_XMP, _BYTE, len(xmp), xmp, True)] if xmp else None,
            software=False,
            metadata=None,
        )
    return file.getvalue()


WRITERS_16: dict[str, Callable[[Pixels, bytes, bytes | None], bytes]] = {"PNG": encode_png16, "TIFF": encode_tiff16}
"""Encoder by format, of pixels, a profile and an XMP packet."""
