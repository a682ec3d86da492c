"""What the library refuses, and what the served model treats differently: the table of docs/pictures.md.

A sample of `picture_files` is named by its format, kind and name. It falls under the first row whose pattern that
matches, or under none: then both read it alike.
"""

import re
import warnings
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from helpers.encoded_pictures import MAX_BYTES, decoded
from helpers.picture_files import CELLS, KINDS, refused
from nst_tf.images.reading import load_image

READ, WARNED, REFUSED, IGNORED = "read", "read, with a warning", "refused", "ignored, with a warning"
ALIKE, CLOSE, OTHER, TURNED = "the same", "within one level of 255", "sRGB is assumed", "applied"

LIBRARY = {READ: {READ}, IGNORED: {WARNED}, REFUSED: {REFUSED}}
"""What the table says of the library to what may be found."""

SERVED = {
    ALIKE: {ALIKE},
    CLOSE: {ALIKE, CLOSE},
    OTHER: {ALIKE, CLOSE, OTHER},
    TURNED: {TURNED},
    REFUSED: {REFUSED},
}
"""What it says of the served model to what may be found."""


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        pictures: Which ones.
        library: What `load_image` does.
        served: What the exported model does.
        pattern: Of the samples' names.
    """

    pictures: str
    library: str
    served: str
    pattern: str


ROWS = (
    Row("raw files of cameras", REFUSED, REFUSED, "refused/raw file.*"),
    Row(
        "JPEG XL, PSD, and all other formats",
        REFUSED,
        REFUSED,
        "refused/(JPEG XL|PSD)",
    ),
    Row(
        "a color profile that is damaged or for another color space, in HEIC, AVIF or JPEG 2000",
        IGNORED,
        REFUSED,
        "(HEIF|AVIF|JPEG2000)/foreign profile/.*",
    ),
    Row("HEIC, AVIF, JPEG 2000 and PPM", READ, REFUSED, "(HEIF|AVIF|JPEG2000|PPM)/.*"),
    Row(
        "TIFF with only reduced copies, JPEG with only thumbnails",
        REFUSED,
        REFUSED,
        "refused/(TIFF of copies|JPEG of thumbnails)",
    ),
    Row(
        "TIFF with gray of 10 or 14 bits, half or double floats, or 16 bits with an alpha channel; with RGB of 12 "
        "bits, 32 bits, floats or signed; with gray below black or above white; rare layouts of others, such as "
        "big-endian gray of 12 bits or unsigned 32 bits, and white-is-zero of 12 bits or signed",
        REFUSED,
        REFUSED,
        "refused/TIFF, (gray|RGB).*",
    ),
    Row("HEIC or AVIF of high dynamic range (PQ, HLG)", REFUSED, REFUSED, "refused/(HEIF|AVIF), (PQ|HLG)"),
    Row("PNG of high dynamic range (PQ, HLG)", REFUSED, OTHER, "refused/PNG, (PQ|HLG)"),
    Row("pixels that are damaged or missing", REFUSED, REFUSED, "refused/.*"),
    Row(
        "a color profile that is damaged or for another color space, in a TIFF",
        IGNORED,
        REFUSED,
        "TIFF/(foreign profile/.*|side parts/profile.*)",
    ),
    Row("all other TIFFs", READ, REFUSED, "TIFF/.*"),
    Row("animated WebP: the first frame", READ, REFUSED, "WEBP/animated/.*"),
    Row("BMP with 1, 4 or 16 bits, of OS/2, with an alpha channel, or compressed", READ, REFUSED, "BMP/alpha/.*"),
    Row("multi-picture JPEG whose first picture is a thumbnail", READ, REFUSED, "JPEG/reduced copies/.*"),
    Row(
        "PNG with EXIF or XMP as compressed or hexadecimal text, or with more than 16 compressed texts",
        READ,
        REFUSED,
        "PNG/orientation elsewhere/(packed XMP|.*as digits.*)|PNG/side parts/(large XMP|17 packed|.*of iTXt).*",
    ),
    Row(
        "complete pixels in a JPEG or PNG without an end, a WebP with a wrong length, a PNG with a wrong checksum of "
        "its pixels or of an unused palette",
        READ,
        REFUSED,
        "(JPEG|PNG|WEBP)/side parts/(.*without (the|its|half).*|.*the end missing|.*too long|.*which unpack|.*of PLTE)",
    ),
    Row("orientation of a PNG (eXIf) whose checksum is wrong", IGNORED, TURNED, "PNG/side parts/.*eXIf"),
    Row(
        "a color profile that is damaged or for another color space, elsewhere",
        IGNORED,
        CLOSE,
        ".*/foreign profile/.*|.*/side parts/.*(part of a profile|large profile|profile that|without a name|iCCP).*",
    ),
    Row("color profiles (ICC)", READ, OTHER, ".*/(Display P3|Adobe RGB)/.*"),
    Row(
        "PNG's cICP, gAMA, cHRM and tRNS that are damaged or impossible",
        IGNORED,
        ALIKE,
        "PNG/.*/(no gamma|(no|zeros for) primaries|.*unknown codes|.*of video|.*checksum of (gAMA|tRNS))",
    ),
    Row("PNG's cICP, gAMA and cHRM", READ, OTHER, "PNG/chunks that say colors/.*"),
    Row("JPEG with four inks (CMYK, YCCK)", READ, CLOSE, "JPEG/CMYK/.*|JPEG/other color models/(CMYK|YCCK).*"),
)


def row_of(name):
    return next((row for row in ROWS if re.fullmatch(row.pattern, name)), None)


def samples():
    """Yield name and bytes of every sample."""
    for format_, kind in CELLS:
        yield from ((f"{format_}/{kind}/{sample.name}", sample.data) for sample in KINDS[kind](format_))
    yield from ((f"refused/{case.name}", case.data) for case in refused())


def outcomes(data, folder):
    """What the library and the served model do with a file, the latter within the small bounds of these tests."""
    (folder / "picture").write_bytes(data)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            image = load_image(folder / "picture")[0]
        except ValueError:
            image = None
    library = REFUSED if image is None else WARNED if told else READ
    return library, _served(data, image)


def _served(data, image):
    if len(data) > MAX_BYTES:
        return None
    try:
        served = decoded(data)
    except tf.errors.InvalidArgumentError:
        return REFUSED
    if image is None:
        return OTHER
    if served.shape != image.shape:
        return TURNED
    off = np.abs(served - image).max()
    return ALIKE if off < 2e-5 else CLOSE if off < 1.01 / 255 else OTHER


def table():
    """Return the rows as Markdown."""
    head = ["| picture | `nst_tf.load_image` | the served model |", "| :-- | :-- | :-- |"]
    return "\n".join([*head, *(f"| {row.pictures} | {row.library} | {row.served} |" for row in ROWS)])
