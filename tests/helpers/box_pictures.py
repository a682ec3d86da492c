"""HEIC, AVIF and JPEG 2000 files as other programs write them."""

import io
import struct

import numpy as np
import pillow_heif

LOSSLESS_HEIC = {"quality": -1, "chroma": 444, "matrix_coefficients": 0}


def heic(*files, exif=b"", icc_profile=None, **options):
    """Return a HEIC file of some pictures; an orientation in EXIF is also a property that turns it, as phones do it."""
    heif = pillow_heif.HeifFile()
    for file in files:
        heif.add_from_pillow(file)
    for each in heif:
        each.info.pop("icc_profile", None)
        each.info |= ({"exif": exif} if exif else {}) | ({"icc_profile": icc_profile} if icc_profile else {})
    stream = io.BytesIO()
    heif.save(stream, **LOSSLESS_HEIC, save_nclx_profile=icc_profile is None, **options)
    return stream.getvalue()


def _number(data, at):
    return struct.unpack_from(">I", data, at)[0]


def named_colors(data, primaries, transfer):
    """A HEIC or AVIF file that names other colors by codes."""
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">2H", primaries, transfer) + data[at + 4 :]


def jpeg_2000(file, *, icc_profile=None, **options):
    """Return a JPEG 2000 file, with a profile, which Pillow does not write."""
    stream = io.BytesIO()
    file.save(stream, "JPEG2000", **options)
    data = stream.getvalue()
    if icc_profile is None:
        return data
    start = data.index(b"colr") - 4
    colr = struct.pack(">I4sBBB", 11 + len(icc_profile), b"colr", 2, 0, 0) + icc_profile
    end = start + _number(data, start)
    data = bytearray(data[:start] + colr + data[end:])
    at = data.index(b"jp2h") - 4
    struct.pack_into(">I", data, at, _number(data, at) + len(colr) - (end - start))
    return bytes(data)


def plain_ppm(pixels):
    """Return a PPM of text (P3)."""
    height, width, _ = pixels.shape
    return f"P3\n# drawn\n{width} {height}\n255\n{' '.join(map(str, pixels.reshape(-1).tolist()))}\n".encode()


def deep_ppm(values):
    """Return a PPM or PGM of 16 bits, `(H, W, 3 or 1)`."""
    height, width, channels = values.shape
    head = f"P{6 if channels == 3 else 5}\n{width} {height}\n65535\n".encode()
    return head + np.asarray(values).astype(">u2").tobytes()


def pfm(values):
    """Return a gray PFM of floats, `(H, W)`, whose rows go from the bottom to the top."""
    height, width = values.shape
    return f"Pf\n{width} {height}\n-1.0\n".encode() + np.flipud(values).astype("<f4").tobytes()


def ten_bits(pixels):
    """Return a HEIC of 10 bits, `(H, W, 3)` of 8."""
    deep = (pixels.astype(np.uint16) * 257).tobytes()
    heif = pillow_heif.from_bytes("RGB;16", (pixels.shape[1], pixels.shape[0]), deep)
    stream = io.BytesIO()
    heif.save(stream, **LOSSLESS_HEIC)
    return stream.getvalue()
