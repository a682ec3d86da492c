"""Color spaces given by chromaticities and a transfer function instead of an ICC profile, converted to sRGB.

In floats, so that no bit is lost. Imports no TensorFlow.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nst_tf.images.bands import Floats, bands

TransferFunction = Callable[[Floats], Floats]
"""From stored values in [0, 1] to linear light in [0, 1]."""

SRGB_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
"""x and y of white, red, green and blue (IEC 61966-2-1)."""

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


class ColorSpace(NamedTuple):
    """An RGB color space.

    Attributes:
        chromaticities: x and y of white, red, green and blue, in the order of PNG's cHRM.
        to_linear: The transfer function of each channel.
    """

    chromaticities: tuple[float, ...]
    to_linear: TransferFunction

    def is_srgb(self) -> bool:
        """Return whether this is sRGB, so that nothing needs to be converted."""
        return self.to_linear is srgb_to_linear and close_to_srgb(self.chromaticities)

    def convert(self, image: Floats) -> None:
        """Convert an image `(1, H, W, 3)` in [0, 1] to sRGB, in place; colors out of its gamut are clipped.

        Raises:
            ValueError: If the chromaticities span no color space.
        """
        if self.is_srgb():
            return
        curve = self.to_linear(np.linspace(0, 1, 2**16, dtype=np.float32))  # contains all 8-bit and 16-bit values
        matrix = None
        if close_to_srgb(self.chromaticities):
            curve = linear_to_srgb(curve)
        else:
            matrix = self._to_srgb_primaries().T.astype(np.float32)
        for rows in bands(*image.shape[1:3]):
            part = image[:, rows]
            part[:] = curve[np.rint(part * 65535).astype(np.uint16)]
            if matrix is not None:
                part[:] = linear_to_srgb((part @ matrix).clip(0.0, 1.0))

    def _to_srgb_primaries(self) -> npt.NDArray[np.float64]:
        """Return the matrix from this space's linear RGB to that of sRGB, with Bradford's chromatic adaptation."""
        ours, theirs = _to_xyz(self.chromaticities), _to_xyz(SRGB_CHROMATICITIES)
        cones = (_BRADFORD @ theirs.sum(axis=1)) / (_BRADFORD @ ours.sum(axis=1))
        adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ ours
        matrix: npt.NDArray[np.float64] = np.linalg.inv(theirs) @ adapted
        if not np.isfinite(matrix).all():
            raise ValueError("its chromaticities span no color space")
        return matrix


def close_to_srgb(chromaticities: tuple[float, ...]) -> bool:
    """Return whether primaries and white point are those of sRGB, up to rounding."""
    return bool(np.allclose(chromaticities, SRGB_CHROMATICITIES, rtol=0, atol=0.002))


def _to_xyz(chromaticities: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Return the matrix from linear RGB to XYZ, whose columns add up to white (SMPTE RP 177)."""
    x, y = np.array(chromaticities).reshape(4, 2).T
    if np.min(y) <= 0 or np.max(x + y) > 1.5:
        raise ValueError("its chromaticities span no color space")
    white, *columns = np.stack([x / y, np.ones(4), (1 - x - y) / y], axis=1)
    primaries = np.stack(columns, axis=1)
    if abs(np.linalg.det(primaries)) < 1e-6:
        raise ValueError("its chromaticities span no color space")
    scaled: npt.NDArray[np.float64] = primaries * np.linalg.solve(primaries, white)
    return scaled


def srgb_to_linear(values: Floats) -> Floats:
    """Convert sRGB to linear light (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear_to_srgb(linear: Floats) -> Floats:
    """Convert linear light to sRGB (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)


def bt709_to_linear(values: Floats) -> Floats:
    """Convert BT.709, the transfer function of television cameras, to linear light."""
    return np.where(values < 0.081, values / 4.5, ((values + 0.099) / 1.099) ** (1 / 0.45)).astype(np.float32)


def power_to_linear(exponent: float) -> TransferFunction:
    """Return the transfer function that raises values to a power."""

    def to_linear(values: Floats) -> Floats:
        """Raise values to the power."""
        return np.power(values, exponent).astype(np.float32, copy=False)

    return to_linear
