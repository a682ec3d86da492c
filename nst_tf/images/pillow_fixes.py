"""Work around what Pillow reads wrongly or not at all: low bytes of 16-bit colors, transparency keys, BMP profiles.

They change the raw modes of opened files before decoding, which is private to Pillow. A test covers that mechanism on
its own, and pyproject.toml limits Pillow's version. Imports no TensorFlow.
"""

import re
import sys
from typing import Any

from PIL import Image

_DEEP = re.compile(r"([RGBAX]|RGB|RGBA|RGBX);16([BLN])")
"""Pillow's raw modes of 16-bit colors."""

_SWAPPED = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}

_SWAPPED_GRAY = {"I;16BS": "I;16S", "I;32BS": "I;32S", "F;32BF": "F;32F"}
_NATIVE_GRAY = _SWAPPED_GRAY if sys.byteorder == "little" else {value: key for key, value in _SWAPPED_GRAY.items()}
"""Raw modes of gray in the other byte order to those in native order, which libtiff returns."""

_BITS_PER_SAMPLE, _PLANAR, _SEPARATE = 258, 284, 2  # TIFF 6.0, section 8
_STRIP_BYTES, _TILE_BYTES = 279, 325


def fix_raw_modes(file: Image.Image, data: bytes) -> None:
    """Correct the raw modes, the transparency key and the profile of an opened file.

    Args:
        file: The file, opened and not decoded yet.
        data: The bytes of the file.

    Raises:
        ValueError: If pixels are missing; Pillow would leave them black.
    """
    rawmodes = [_rawmode(tile) for tile in _tiles(file)]
    if rawmodes in (["L;2"], ["L;4"]) and "transparency" in file.info:  # Pillow scales the pixels, but not the key
        file.info["transparency"] *= 255 // (2 ** int(rawmodes[0][2:]) - 1)
    if file.format == "TIFF" and set(file.tag_v2.get(_BITS_PER_SAMPLE, ())) == {16}:  # type: ignore[attr-defined]
        order = "L" if file.tag_v2.prefix == b"II" else "B"  # type: ignore[attr-defined]
        planes = {plane: f"{plane};16{order}" for plane in "RGBA"}  # Pillow reads a plane as if it had 8 bits
        _set_rawmodes(file, [planes.get(rawmode, rawmode) for rawmode in rawmodes])
    if [tile[0] for tile in _tiles(file)] == ["libtiff"]:
        _set_rawmodes(file, [_NATIVE_GRAY.get(rawmode, rawmode) for rawmode in rawmodes])
    if file.format == "TIFF" and rawmodes and (_covered(file) < file.width * file.height or _is_short(file)):
        raise ValueError("parts of its pixels are missing; the file is damaged")
    if file.format == "BMP" and (profile := _profile_of_bmp(data)) is not None:
        file.info["icc_profile"] = profile


def select_low_bytes(file: Image.Image) -> tuple[int, ...] | None:
    """Set the raw modes of an opened file so that it is decoded to the low bytes of its 16-bit colors.

    Pillow decodes the high byte of each value, which byte order says which one is. In the opposite order, that is the
    low byte. Compressed planes are an exception: they give the high bytes again, the best approximation of 8 bits.

    Returns:
        The channels in which the low bytes of red, green, blue and perhaps alpha are then decoded; None if the file has
        no 16-bit colors, or none that can be read this way.
    """
    rawmodes = [_rawmode(tile) for tile in _tiles(file)]
    if rawmodes == ["LA;16B"]:
        _set_rawmodes(file, ["RGBA"])  # the two bytes of gray and the two of alpha, as stored
        return (1, 1, 1, 3)
    matches = [_DEEP.fullmatch(rawmode) for rawmode in rawmodes]
    if not matches or None in matches:
        return None
    _set_rawmodes(file, [f"{match[1]};16{_SWAPPED[match[2]]}" for match in matches if match])
    return tuple(range(len(file.getbands())))


def _covered(file: Image.Image) -> int:
    """Count the pixels that the tiles of a TIFF cover, in all planes."""
    tiles = _tiles(file)
    apart = file.tag_v2.get(_PLANAR) == _SEPARATE and tiles[0][0] != "libtiff"  # type: ignore[attr-defined]
    covered = sum((right - left) * (bottom - top) for _, (left, top, right, bottom), *_ in tiles)
    return int(covered) // (len(file.getbands()) if apart else 1)


def _is_short(file: Image.Image) -> bool:
    """Return whether the strips or tiles of an uncompressed TIFF have fewer bytes than its pixels need."""
    tags = file.tag_v2  # type: ignore[attr-defined]
    held = sum(tags.get(_STRIP_BYTES) or tags.get(_TILE_BYTES) or ())
    if not held or _tiles(file)[0][0] != "raw":
        return False
    bits = tags.get(_BITS_PER_SAMPLE, (1,))
    planes = list(bits) if tags.get(_PLANAR) == _SEPARATE else [sum(bits)]
    return bool(held < sum(-(-file.width * plane // 8) for plane in planes) * file.height)


def _tiles(file: Image.Image) -> list[Any]:
    return list(file.tile)  # type: ignore[attr-defined]


def _rawmode(tile: Any) -> str:
    """Return the raw mode of a tile: how its pixels are stored."""
    return str(tile.args if isinstance(tile.args, str) else next(iter(tile.args), ""))


def _set_rawmodes(file: Image.Image, rawmodes: list[str]) -> None:
    file.tile = [  # type: ignore[attr-defined]
        tile._replace(args=rawmode if isinstance(tile.args, str) else (rawmode, *tile.args[1:]))
        for tile, rawmode in zip(_tiles(file), rawmodes, strict=True)
    ]


def _profile_of_bmp(data: bytes) -> bytes | None:
    """Return the ICC profile of a BMP file of version 5 (BITMAPV5HEADER); None if there is none."""
    header = data[14 : 14 + 124]
    if len(header) < 124 or int.from_bytes(header[:4], "little") != 124 or header[56:60] != b"DEBM":  # MBED, backwards
        return None
    offset, length = (int.from_bytes(header[at : at + 4], "little") for at in (112, 116))
    return data[14 + offset : 14 + offset + length]
