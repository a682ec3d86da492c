"""What Pillow leaves out of what it reads: lower bytes of 16-bit colors, some transparency, profiles of BMP files.

Works on files that Pillow has opened and not yet decoded. Nothing here imports TensorFlow.
"""

import re
import sys
from typing import Any

from PIL import Image

_DEEP = re.compile(r"([RGBAX]|RGB|RGBA|RGBX);16([BLN])")
"""Pillow's names of the ways in which 16-bit colors lie in a file."""

_SWAPPED = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}

_SWAPPED_GREY = {"I;16BS": "I;16S", "I;32BS": "I;32S", "F;32BF": "F;32F"}
_NATIVE_GREY = _SWAPPED_GREY if sys.byteorder == "little" else {value: key for key, value in _SWAPPED_GREY.items()}
"""Grey in the other order of bytes to that in the machine's own, in which libtiff hands everything over."""

_BITS_PER_SAMPLE, _PLANAR, _SEPARATE = 258, 284, 2  # TIFF 6.0, section 8
_STRIP_BYTES, _TILE_BYTES = 279, 325


def fix_raw_modes(file: Image.Image, data: bytes) -> None:
    """Make a file that is open be decoded as its format means it.

    Args:
        file: The file, opened and not yet decoded.
        data: All of its bytes.

    Raises:
        ValueError: If parts of its pixels are missing, which Pillow would leave black.
    """
    rawmodes = [_rawmode(tile) for tile in _tiles(file)]
    if rawmodes in (["L;2"], ["L;4"]) and "transparency" in file.info:  # the key is not scaled with the pixels
        file.info["transparency"] *= 255 // (2 ** int(rawmodes[0][2:]) - 1)
    if file.format == "TIFF" and set(file.tag_v2.get(_BITS_PER_SAMPLE, ())) == {16}:  # type: ignore[attr-defined]
        order = "L" if file.tag_v2.prefix == b"II" else "B"  # type: ignore[attr-defined]
        planes = {plane: f"{plane};16{order}" for plane in "RGBA"}  # Pillow takes a plane's bytes for its pixels
        _set_rawmodes(file, [planes.get(rawmode, rawmode) for rawmode in rawmodes])
    if [tile[0] for tile in _tiles(file)] == ["libtiff"]:
        _set_rawmodes(file, [_NATIVE_GREY.get(rawmode, rawmode) for rawmode in rawmodes])
    if file.format == "TIFF" and rawmodes and (_covered(file) < file.width * file.height or _is_short(file)):
        raise ValueError("parts of its pixels are missing; the file is damaged")
    if file.format == "BMP" and (profile := _profile_of_bmp(data)) is not None:
        file.info["icc_profile"] = profile


def select_low_bytes(file: Image.Image) -> tuple[int, ...] | None:
    """Make a file that is open be decoded to the lower bytes of its 16-bit colors.

    Pillow's decoders pick the first or the second of two bytes by the order that they believe them to be in. Planes
    that are compressed are the exception: they give the upper bytes again, which is as good as 8 bits get.

    Returns:
        The channels that the lower bytes of red, green, blue and perhaps opacity are then found in; None if the file
        has no 16-bit colors, or none that can be read so.
    """
    rawmodes = [_rawmode(tile) for tile in _tiles(file)]
    if rawmodes == ["LA;16B"]:
        _set_rawmodes(file, ["RGBA"])  # all four bytes of grey and opacity, as they are
        return (1, 1, 1, 3)
    matches = [_DEEP.fullmatch(rawmode) for rawmode in rawmodes]
    if not matches or None in matches:
        return None
    _set_rawmodes(file, [f"{match[1]};16{_SWAPPED[match[2]]}" for match in matches if match])
    return tuple(range(len(file.getbands())))


def _covered(file: Image.Image) -> int:
    """Count the pixels of which a file's parts hold all planes."""
    tiles = _tiles(file)
    apart = file.tag_v2.get(_PLANAR) == _SEPARATE and tiles[0][0] != "libtiff"  # type: ignore[attr-defined]
    covered = sum((right - left) * (bottom - top) for _, (left, top, right, bottom), *_ in tiles)
    return int(covered) // (len(file.getbands()) if apart else 1)


def _is_short(file: Image.Image) -> bool:
    """Tell whether the parts of an uncompressed TIFF hold fewer bytes than its pixels take, if they say how many."""
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
    """Return the name of the way in which pixels lie in a part of a file."""
    return str(tile.args if isinstance(tile.args, str) else next(iter(tile.args), ""))


def _set_rawmodes(file: Image.Image, rawmodes: list[str]) -> None:
    file.tile = [  # type: ignore[attr-defined]
        tile._replace(args=rawmode if isinstance(tile.args, str) else (rawmode, *tile.args[1:]))
        for tile, rawmode in zip(_tiles(file), rawmodes, strict=True)
    ]


def _profile_of_bmp(data: bytes) -> bytes | None:
    """Return the profile that a BMP file of version 5 embeds (BITMAPV5HEADER); None if it embeds none."""
    header = data[14 : 14 + 124]
    if len(header) < 124 or int.from_bytes(header[:4], "little") != 124 or header[56:60] != b"DEBM":  # MBED, backwards
        return None
    offset, length = (int.from_bytes(header[at : at + 4], "little") for at in (112, 116))
    return data[14 + offset : 14 + offset + length]
