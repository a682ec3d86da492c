"""Decode the bytes of a picture file to an image, upright, in sRGB. Imports no TensorFlow."""

import io
import warnings
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps

from nst_tf.images.bands import Packed, bands
from nst_tf.images.box_files import (
    AVIF,
    HEIF,
    JPEG_2000,
    LARGEST_BRANDS,
    box_format,
    coded_space,
    jpeg_2000_profile,
    prepare,
)
from nst_tf.images.jpeg_repair import JPEG_SIGNATURE, append_end, repair_segments
from nst_tf.images.multi_picture_jpeg import extract_photograph
from nst_tf.images.paging import turn_to
from nst_tf.images.pillow_fixes import fix_raw_modes, select_low_bytes
from nst_tf.images.png_chunks import SIGNATURE as PNG_SIGNATURE
from nst_tf.images.png_chunks import check_pixels
from nst_tf.images.png_reading import FileParts, read_png
from nst_tf.images.srgb import PackedPicture, pack_deep_colors, pack_file
from nst_tf.images.tiff_pages import is_tiff, keep_page, keep_photograph
from nst_tf.images.webp_repair import repair_length
from nst_tf.storage.free_memory import available_bytes

READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
"""Formats that are always read, beside those of `box_files`; of an animation, the first frame unless one is named."""

BYTES_PER_PIXEL = 31
"""Peak memory of reading, measured at 9 and 100 million pixels: 13 to 17, rotated WebP up to 30."""

BYTES_PER_JPEG_PIXEL = 16
"""The same for JPEG, measured as 13 to 14."""


def decode_picture(data: bytes, page: int | None = None) -> PackedPicture:
    """Decode a picture file; unpack the result when nothing else holds the bytes, to have room for the floats.

    Decoders raise all kinds of errors for damaged files; they are passed on.

    Args:
        data: The bytes of the file; in memory, as decoders allocate as many bytes as a broken header claims.
        page: Number of the page or frame, from 1; None for the photograph.

    Raises:
        ValueError: If pixels or the page are missing, or the picture is not supported or too large for the free memory.
        Exception: Whatever a decoder raises.
    """
    if page is not None and not is_tiff(data):
        return _decode_page(data, page)
    data, metadata, color_space = split_file(data, page)
    with _opened(data, metadata) as file:
        photograph = extract_photograph(file, data)
        if photograph is not None:
            return decode_picture(photograph)
        _check_memory(file)
        if file.format == "PNG":
            check_pixels(data)
        try:
            file.load()
        except OSError:
            whole = append_end(data) if file.format in ("JPEG", "MPO") else None
            if whole is None:
                raise
            return decode_picture(whole)
        with _opened(data, metadata) as low:
            channels = select_low_bytes(low)
            if channels is None:
                return pack_file(_upright(file), color_space)
            return pack_deep_colors(_deep_values(file, low, channels), low, color_space)


def _decode_page(data: bytes, page: int) -> PackedPicture:
    """Decode a frame of an animation, or one of several pictures, with 8 bits; see `decode_picture`."""
    parts = split_file(data)
    with _opened(data if data.startswith(PNG_SIGNATURE) else parts.picture, parts.metadata) as file:
        _check_memory(file)
        if page == 1 and getattr(file, "n_frames", 1) == 1:  # the file's only picture, with all of its bits
            return decode_picture(data)
        turn_to(file, page)
        _check_memory(file)
        file.info.update(parts.metadata)
        return pack_file(_upright(file), parts.color_space)


def open_header(file: BinaryIO) -> Image.Image:
    """Read a picture file's header without decoding its pixels.

    Args:
        file: The file, at its beginning.

    Returns:
        Pillow's picture, which reads on from the file.

    Raises:
        ValueError: If this environment can't read its format; the message says how it can.
        Exception: Whatever a decoder raises if it is no picture of a known format.
    """
    kind = box_format(file.read(LARGEST_BRANDS))
    file.seek(0)
    if kind is not None:
        prepare(kind)
    return Image.open(file, formats=READABLE if kind is None else [kind])


def split_file(data: bytes, page: int | None = None) -> FileParts:
    """Split a file into the picture and its metadata, so that damaged metadata does not cost the picture.

    Args:
        data: The bytes of the file.
        page: Number of a TIFF's page, from 1; None for the photograph.

    Raises:
        ValueError: If the picture itself is damaged, or not supported.
    """
    if data.startswith(PNG_SIGNATURE):
        return read_png(data)
    if data.startswith(JPEG_SIGNATURE):
        return FileParts(repair_segments(data), {}, None)
    if data.startswith(b"RIFF"):
        return FileParts(repair_length(data), {}, None)
    kind = box_format(data)
    if kind == JPEG_2000:
        profile = jpeg_2000_profile(data)
        return FileParts(data, {} if profile is None else {"icc_profile": profile}, None)
    if kind is not None:
        return FileParts(data, {}, coded_space(data))
    return FileParts(keep_photograph(data) if page is None else keep_page(data, page), {}, None)


def _opened(data: bytes, metadata: dict[str, Any]) -> Image.Image:
    """Open a file in memory, and add the metadata that was split from it."""
    kind = box_format(data)
    if kind is not None:
        prepare(kind)
    file = Image.open(io.BytesIO(data), formats=READABLE if kind is None else [kind])
    file.info.update(metadata)
    fix_raw_modes(file, data)
    return file


def _check_memory(file: Image.Image) -> None:
    """Refuse a picture too large for the free memory by its header, as a few bytes can claim gigabytes."""
    per_pixel = BYTES_PER_JPEG_PIXEL if file.format in ("JPEG", "MPO") else BYTES_PER_PIXEL
    needed, free = per_pixel * file.width * file.height, available_bytes()
    if needed > free:
        pixels, gigabytes = f"{file.width}x{file.height} px", f"{needed / 1e9:.1f} GB of memory"
        raise ValueError(f"its {pixels} take about {gigabytes}, {free / 1e9:.1f} GB are free; reduce it first")


def _deep_values(high: Image.Image, low: Image.Image, channels: tuple[int, ...]) -> Packed:
    """Combine the high bytes of 16-bit colors with the low ones, which the channels of another file hold.

    The first file is closed before the second one is decoded.
    """
    _upright(high)
    values = Packed((high.height, high.width, len(channels)), np.uint16)
    for rows in bands(high.height, high.width):
        values.values[rows] = np.asarray(high.crop((0, rows.start, high.width, rows.stop)))
        values.values[rows] *= 256
    high.close()
    _upright(low)
    for rows in bands(low.height, low.width):
        values.values[rows] += np.asarray(low.crop((0, rows.start, low.width, rows.stop)))[..., channels]
    return values


def _upright(file: Image.Image) -> Image.Image:
    """Apply the orientation of the metadata; if that can't be read, leave the picture as it is.

    HEIC has been turned by its decoder, and what its metadata says beside that is void. AVIF's is in its EXIF data.
    """
    file.load()
    if file.format == HEIF:
        return file
    if file.format == AVIF:
        file.info.pop("xmp", None)
    try:
        ImageOps.exif_transpose(file, in_place=True)
    except Exception:  # Pillow's EXIF reader raises all kinds of errors
        warnings.warn("Its EXIF data can't be read; the picture is not rotated.", stacklevel=2)
    return file
