"""Grey of other than 8 bits: which stored number is white (TIFF 6.0, sections 8 and 19).

Works on Pillow's images and NumPy arrays; nothing here imports TensorFlow.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

_BITS_PER_SAMPLE, _SAMPLE_FORMAT = 258, 339
_SIGNED, _FLOAT = 2, 3

NEARLY_BLACK = 2**-8
"""A picture of at least 32 bits whose brightest grey is a smaller share of white is told to be black."""


def is_deep_grey(file: Image.Image) -> bool:
    """Tell whether a file is grey whose white is not 255."""
    return file.mode.startswith(("I", "F")) or (file.mode == "L" and _kind(file) == (8, _SIGNED))


def stored_grey(file: Image.Image) -> tuple[npt.NDArray[Any], float]:
    """Return the numbers of a deep grey file, `(H, W)`, and which of them is white; black is 0.

    Raises:
        ValueError: If they do not lie between black and white.
    """
    bits, sample_format = _kind(file)
    stored = np.asarray(file)
    if sample_format == _FLOAT:
        white, wanted = 1.0, "0 and 1 (floats)"
    else:
        signed = sample_format == _SIGNED
        white = float(2 ** (bits - signed) - 1)
        wanted = f"0 and {white:.0f} ({bits} bits{', with a sign' * signed})"
        if bits in (8, 32):  # Pillow knows the first without, the second with a sign only
            stored = stored.view(f"{'i' if signed else 'u'}{bits // 8}")
    if not (stored.min() >= 0 and stored.max() <= white):
        raise ValueError(f"its grey values do not lie within {wanted}; convert it to a common format first")
    if bits == 32 and 0 < stored.max() < NEARLY_BLACK * white:
        warnings.warn(
            f"The picture is nearly black: its brightest grey is {stored.max():g}, and white is {white:g}. If another "
            "number is meant to be white, scale it first.",
            stacklevel=2,
        )
    return stored, white


def _kind(file: Image.Image) -> tuple[int, int]:
    """Return bits and sample format; what is no TIFF has 16 bits without a sign."""
    tags = getattr(file, "tag_v2", {})
    sample_format = int(tags.get(_SAMPLE_FORMAT, (_FLOAT if file.mode == "F" else 1,))[0])
    return int(tags.get(_BITS_PER_SAMPLE, (16,))[0]), sample_format
