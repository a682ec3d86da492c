"""Color as files have it, to sRGB: embedded profiles, CMYK, palettes, grey, 16 bits, transparency.

Works on Pillow's images and NumPy arrays; nothing here imports TensorFlow.
"""

import io
import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms


class Picture(NamedTuple):
    """A picture in memory.

    Attributes:
        image: RGB, sRGB-encoded, `(1, H, W, 3)`, float32 in [0, 1].
        alpha: Opacity, `(1, H, W, 1)`, float32 in [0, 1]; None if the file has none.
    """

    image: npt.NDArray[np.float32]
    alpha: npt.NDArray[np.float32] | None


def srgb_profile() -> bytes:
    """Return an ICC profile of sRGB, the same bytes every time."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes.fromhex("07d000010001000000000000")  # the date of creation, else that of today
    data[84:100] = bytes(16)  # the identifier, a hash over the date
    return bytes(data)


def to_picture(file: Image.Image) -> Picture:
    """Convert a decoded file of any mode to sRGB and opacity.

    Transparent pixels take the mean color of the visible ones, so that they don't tint what is measured.
    """
    if file.mode.startswith(("I", "F")):
        return Picture(_deep_grey(file), None)
    alpha = None
    if file.has_transparency_data:
        file = file.convert("RGBA")
        alpha = _as_floats(file.getchannel("A"))
    image = _as_floats(_to_srgb(file))
    return Picture(image if alpha is None else _fill_transparent(image, alpha), alpha)


def _deep_grey(file: Image.Image) -> npt.NDArray[np.float32]:
    """Read 16- and 32-bit grey, which Pillow would cut off at 255; floating-point files hold [0, 1]."""
    values = np.asarray(file, np.float32) / (1.0 if file.mode == "F" else 65535.0)
    if not np.isfinite(values).all():
        raise ValueError("its pixels are not all finite numbers")
    return np.repeat(np.clip(values, 0.0, 1.0)[None, :, :, None], 3, axis=3)


def _to_srgb(file: Image.Image) -> Image.Image:
    """Convert by the embedded profile if there is one that can be used, plainly otherwise."""
    embedded = file.info.get("icc_profile")
    plain = file if file.mode in ("CMYK", "L", "RGB") else file.convert("RGB")
    if not embedded:
        return plain.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(plain, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        warnings.warn(f"The embedded color profile can't be used and is taken for sRGB: {error}", stacklevel=2)
        return plain.convert("RGB")
    return converted if converted is not None else plain.convert("RGB")


def _fill_transparent(image: npt.NDArray[np.float32], alpha: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Compose over the mean color of what is visible."""
    visible = float(alpha.sum())
    mean = (image * alpha).sum(axis=(1, 2), keepdims=True) / visible if visible else np.float32(0.5)
    return np.asarray(image * alpha + mean * (1 - alpha), np.float32)


def _as_floats(file: Image.Image) -> npt.NDArray[np.float32]:
    values = np.asarray(file, np.float32) / 255.0
    return values.reshape(1, file.height, file.width, -1)
