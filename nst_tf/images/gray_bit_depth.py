"""Gray of more than 8 bits, signed or in floats: which stored value is white (TIFF 6.0, sections 8 and 19).

Imports no TensorFlow.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

_BITS_PER_SAMPLE, _SAMPLE_FORMAT = 258, 339
_SIGNED, _FLOAT = 2, 3

NEARLY_BLACK = 2**-8
"""Share of white below which the brightest gray of a 32-bit picture causes a warning."""


def is_deep_gray(file: Image.Image) -> bool:
    """Return whether a file is gray and its white is not 255."""
    return file.mode.startswith(("I", "F")) or (file.mode == "L" and _kind(file) == (8, _SIGNED))


def stored_gray(file: Image.Image) -> tuple[npt.NDArray[Any], float]:
    """Return the stored values of a deep gray file, `(H, W)`, and the value of white; black is 0.

    Raises:
        ValueError: If values lie outside of black and white.
    """
    bits, sample_format = _kind(file)
    stored = np.asarray(file)
    if sample_format == _FLOAT:
        white, wanted = 1.0, "0 and 1 (floats)"
    else:
        signed = sample_format == _SIGNED
        white = float(2 ** (bits - signed) - 1)
        wanted = f"0 and {white:.0f} ({bits} bits{', with a sign' * signed})"
        if bits in (8, 32):  # Pillow reads the former as unsigned, the latter as signed
            stored = stored.view(f"{'i' if signed else 'u'}{bits // 8}")
    if not (stored.min() >= 0 and stored.max() <= white):
        raise ValueError(f"its gray values do not lie within {wanted}; convert it to a common format first")
    if bits == 32 and 0 < stored.max() < NEARLY_BLACK * white:
        warnings.warn(
            f"The picture is nearly black: its brightest gray is {stored.max():g}, and white is {white:g}. If another "
            "number is meant to be white, scale it first.",
            stacklevel=2,
        )
    return stored, white


def _kind(file: Image.Image) -> tuple[int, int]:
    """Return bits per sample and sample format; formats other than TIFF have unsigned 16 bits."""
    tags = getattr(file, "tag_v2", {})
    sample_format = int(tags.get(_SAMPLE_FORMAT, (_FLOAT if file.mode == "F" else 1,))[0])
    return int(tags.get(_BITS_PER_SAMPLE, (16,))[0]), sample_format
