"""The color space of a PNG file without an ICC profile: cICP, sRGB, gAMA and cHRM. Imports no TensorFlow."""

import struct
import warnings
from collections.abc import Mapping

from nst_tf.images.color_spaces import (
    SRGB_CHROMATICITIES,
    ColorSpace,
    TransferFunction,
    bt709_to_linear,
    close_to_srgb,
    power_to_linear,
    srgb_to_linear,
)

CLOSE_TO_SRGB = 0.05
"""How far a gamma may be from 1/2.2 to be taken for sRGB's curve; libpng's threshold, too."""

_PRIMARIES = {
    1: SRGB_CHROMATICITIES,
    5: (0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (0.3127, 0.3290, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
"""Color primaries by their number in cICP (ITU-T H.273, table 2), in the order of cHRM."""

_TRANSFER_FUNCTIONS: dict[int, TransferFunction] = {
    **dict.fromkeys((1, 6, 14, 15), bt709_to_linear),
    4: power_to_linear(2.2),
    5: power_to_linear(2.8),
    8: power_to_linear(1.0),
    13: srgb_to_linear,
}
"""Transfer functions by their number in cICP (ITU-T H.273, table 3)."""

_HIGH_DYNAMIC_RANGE = {16: "PQ", 18: "HLG"}


def coded_color_space(cicp: bytes | None) -> ColorSpace | None:
    """Return the color space that the data of a cICP chunk names.

    Returns:
        None if there is no such chunk, or it names a color space that is not supported, which causes a warning.

    Raises:
        ValueError: If the picture is of high dynamic range.
    """
    if cicp is None:
        return None
    codes = cicp[:2] if len(cicp) == 4 else b"\0\0"
    space = space_of_codes(*codes)
    if space is None or cicp[2:] != b"\0\1":
        warn_skipped(b"cICP", "it names an unknown color space")
        return None
    return space


def space_of_codes(primaries: int, transfer: int) -> ColorSpace | None:
    """Return the color space of two numbers of ITU-T H.273; None if it is not supported.

    Raises:
        ValueError: If the picture is of high dynamic range.
    """
    if transfer in _HIGH_DYNAMIC_RANGE:
        kind = _HIGH_DYNAMIC_RANGE[transfer]
        raise ValueError(f"it is of high dynamic range ({kind}); convert it to standard dynamic range first")
    if primaries not in _PRIMARIES or transfer not in _TRANSFER_FUNCTIONS:
        return None
    return ColorSpace(_PRIMARIES[primaries], _TRANSFER_FUNCTIONS[transfer])


def measured_color_space(chunks: Mapping[bytes, bytes]) -> ColorSpace | None:
    """Return the color space that sRGB, gAMA and cHRM describe; where gAMA or cHRM is missing, that of sRGB.

    Args:
        chunks: Type to data of the file's chunks.

    Returns:
        None if the picture is marked as sRGB.
    """
    if b"sRGB" in chunks:
        return None
    chromaticities: tuple[float, ...] = SRGB_CHROMATICITIES
    to_linear: TransferFunction = srgb_to_linear
    if len(chunks.get(b"cHRM", b"")) == 32:
        chromaticities = tuple(value / 100_000 for value in struct.unpack(">8I", chunks[b"cHRM"]))
    if len(chunks.get(b"gAMA", b"")) == 4:
        gamma = int.from_bytes(chunks[b"gAMA"], "big") / 100_000
        if not 0.01 <= gamma <= 100:
            warn_skipped(b"gAMA", f"a gamma of {gamma} is not possible")
        elif abs(2.2 * gamma - 1) > CLOSE_TO_SRGB or not close_to_srgb(chromaticities):
            to_linear = power_to_linear(1 / gamma)
    return ColorSpace(chromaticities, to_linear)


def warn_skipped(kind: bytes, reason: str) -> None:
    """Warn that a chunk which would change how the picture looks is skipped."""
    warnings.warn(f"The PNG's {kind.decode()} chunk is skipped: {reason}.", stacklevel=2)
