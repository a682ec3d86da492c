"""A PNG file split into its picture and its metadata.

Pillow refuses pictures with damaged metadata. So it gets a PNG of the picture alone; the metadata is read here, within
a memory limit, and skipped where it is damaged. Imports no TensorFlow.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nst_tf.images.color_spaces import ColorSpace
from nst_tf.images.png_chunks import (
    LARGEST_METADATA,
    PALETTE,
    SIGNATURE,
    build_chunk,
    color_type,
    decompress_metadata,
    iterate_chunks,
    measure_pixels,
)
from nst_tf.images.png_colors import coded_color_space, measured_color_space, warn_skipped

_XMP = b"XML:com.adobe.xmp"
_RAW_PROFILES = (b"Raw profile type exif", b"Raw profile type APP1", b"Raw profile type xmp")
"""Keywords under which ImageMagick stores EXIF and XMP in a text, as hexadecimal digits."""

_BEFORE_PIXELS = (b"tRNS", b"iCCP", b"cICP", b"sRGB", b"gAMA", b"cHRM")
_DISPLAYED = (*_BEFORE_PIXELS, b"eXIf")
"""Chunks that change how a picture is displayed."""

_KEY_BYTES = {0: 2, 2: 6, PALETTE: 1}
"""Least bytes of tRNS by color type; the other types have an alpha channel."""


class FileParts(NamedTuple):
    """A picture file, split.

    Attributes:
        picture: A file with the picture alone.
        metadata: Its metadata, under Pillow's names: `icc_profile`, `exif`, `xmp`.
        color_space: The color space of its values, if there is no profile; None if the file does not name one.
    """

    picture: bytes
    metadata: dict[str, Any]
    color_space: ColorSpace | None


def read_png(data: bytes) -> FileParts:
    """Split a PNG file; of several chunks of one type, the first counts.

    Raises:
        ValueError: If the picture itself is damaged, or of high dynamic range.
    """
    picture: list[bytes | memoryview] = [SIGNATURE]
    pixels: list[memoryview] = []
    chunks: dict[bytes, bytes] = {}
    texts: dict[bytes, bytes] = {}
    header, whole = b"", True
    for kind, body, is_sound in iterate_chunks(data):
        if kind == b"IDAT":
            pixels.append(body)
            whole &= is_sound
        elif kind == b"IHDR" or (kind == b"PLTE" and color_type(header) == PALETTE):
            if not is_sound:
                raise ValueError(f"the checksum of its {kind.decode()} chunk is wrong; the file is damaged")
            header = header or bytes(body)
            picture += [] if pixels else build_chunk(kind, body)
        elif kind in _DISPLAYED and not is_sound:
            warn_skipped(kind, "it is damaged")
        elif is_sound and kind in _DISPLAYED and not (pixels and kind in _BEFORE_PIXELS):
            chunks.setdefault(kind, bytes(body))
        elif is_sound and kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword = bytes(body[:80]).split(b"\0")[0]
            if keyword in (_XMP, *_RAW_PROFILES):
                texts.setdefault(keyword, _text(kind, bytes(body)) or b"")
    if not pixels:
        raise ValueError("it has no pixels; the file is damaged")
    if not whole and not measure_pixels(pixels, 2**31)[1]:
        raise ValueError("the checksum of its pixels is wrong; the file is damaged")
    if b"tRNS" in chunks and len(chunks[b"tRNS"]) >= _KEY_BYTES.get(color_type(header), 2**31):
        picture += build_chunk(b"tRNS", chunks[b"tRNS"])
    for body in pixels:
        picture += build_chunk(b"IDAT", body)
    picture += build_chunk(b"IEND", b"")
    return FileParts(b"".join(picture), *_metadata(chunks, texts))


def _text(kind: bytes, body: bytes) -> bytes | None:
    """Return the text of a chunk, not decoded; None if it can't be read."""
    _, _, rest = body.partition(b"\0")
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return decompress_metadata(rest[1:]) if rest[:1] == b"\0" else None
    is_compressed, parts = rest[:1] != b"\0", rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return None
    return decompress_metadata(parts[2]) if is_compressed else parts[2]


def _metadata(chunks: Mapping[bytes, bytes], texts: Mapping[bytes, bytes]) -> tuple[dict[str, Any], ColorSpace | None]:
    """Return EXIF, XMP and the profile, and the color space; cICP takes precedence over a profile."""
    metadata = _exif_and_xmp(chunks, texts)
    color_space = coded_color_space(chunks.get(b"cICP"))
    if color_space is None and b"iCCP" in chunks:
        compressed = chunks[b"iCCP"].partition(b"\0")[2]
        profile = decompress_metadata(compressed[1:]) if compressed[:1] == b"\0" else None
        if profile:
            metadata["icc_profile"] = profile
        else:
            warn_skipped(b"iCCP", f"its profile is damaged, or larger than {LARGEST_METADATA} bytes")
    return metadata, color_space or measured_color_space(chunks)


def _exif_and_xmp(chunks: Mapping[bytes, bytes], texts: Mapping[bytes, bytes]) -> dict[str, Any]:
    """Return EXIF and XMP, also where ImageMagick has written them as text."""
    metadata: dict[str, Any] = {"xmp": texts[_XMP]} if texts.get(_XMP) else {}
    hexadecimal = [_from_hexadecimal(texts[keyword]) for keyword in _RAW_PROFILES if keyword in texts]
    for each in ([b"Exif\0\0" + chunks[b"eXIf"]] if b"eXIf" in chunks else []) + hexadecimal:
        if each.startswith((b"Exif\0\0", b"II*\0", b"MM\0*")):
            metadata.setdefault("exif", each)
        elif each:
            metadata.setdefault("xmp", each.removeprefix(b"http://ns.adobe.com/xap/1.0/\0"))
    return metadata


def _from_hexadecimal(text: bytes) -> bytes:
    """Decode ImageMagick's text: an empty line, a name, a length, then hexadecimal digits."""
    digits = b"".join(text.strip().split(b"\n")[2:])
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b""
