"""Convert decoded files to sRGB: ICC profiles, CMYK, palettes, gray, 16 bits, transparency. Imports no TensorFlow."""

import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from nst_tf.images.color_spaces import ColorSpace
from nst_tf.images.gray_bit_depth import is_deep_gray, stored_gray
from nst_tf.images.picture import Picture, fill_transparent

_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
"""Pillow's mode of the colors that a profile of a color space applies to."""

_SPACES = dict.fromkeys(("1", "L", "LA", "La", "F"), "GRAY") | {"CMYK": "CMYK"}
"""Color space of Pillow's modes; those that begin with I are gray, all others RGB."""

_PROFILE_CLASSES = ("scnr", "mntr", "prtr", "spac")
"""Profile classes that describe a picture's colors (ICC.1:2022, section 7.2.5); links and effects do not."""

PIXELS_PER_BAND = 2**20
"""Pixels that are converted at a time."""

_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0  # TIFF 6.0, section 8


def srgb_profile() -> bytes:
    """Return an ICC profile of sRGB, the same bytes every time."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes.fromhex("07d000010001000000000000")  # the date of creation, which would be today's
    data[84:100] = bytes(16)  # the profile ID, a hash that includes the date
    return bytes(data)


def to_picture(
    file: Image.Image, low_bytes: npt.NDArray[np.uint8] | None = None, color_space: ColorSpace | None = None
) -> Picture:
    """Convert a decoded file of any mode to sRGB and its alpha channel.

    Fully transparent pixels get the mean color of the others, so that hidden colors do not affect features.

    Args:
        file: The decoded file; of 16-bit colors, the high bytes.
        low_bytes: The low bytes of 16-bit colors, `(H, W, C)`; None if there are none.
        color_space: The color space of the values, if there is no embedded profile; None for sRGB.

    Raises:
        ValueError: If the file's values are out of range.
    """
    profile = _profile_of(file)
    image, alpha = _to_floats(file, low_bytes, profile)
    if profile is None and color_space is not None:
        _convert(image, color_space)
    if alpha is not None:
        fill_transparent(image, alpha)
    return Picture(image, alpha)


def _convert(image: npt.NDArray[np.float32], color_space: ColorSpace) -> None:
    """Convert an image to sRGB, in place; warn if its color space is not possible."""
    try:
        color_space.convert(image)
    except ValueError as error:
        warnings.warn(f"The picture's color space can't be used, sRGB is assumed: {error}.", stacklevel=2)


def _to_floats(
    file: Image.Image, low_bytes: npt.NDArray[np.uint8] | None, profile: ImageCms.ImageCmsProfile | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Return the image, in sRGB if there is a profile, and its alpha channel."""
    if low_bytes is not None:
        return _deep_color(file, low_bytes, profile)
    if is_deep_gray(file):
        return _deep_gray(file, profile)
    if not file.has_transparency_data:
        return _to_srgb(file, profile), None
    opaque = {"LA": "L", "La": "L"}.get(file.mode, "RGB")
    with_alpha = file if file.mode in ("LA", "RGBA") else file.convert("LA" if opaque == "L" else "RGBA")
    alpha = _as_floats(with_alpha.getchannel("A"))
    return _to_srgb(with_alpha.convert(opaque), profile), alpha


def _deep_color(
    file: Image.Image, low_bytes: npt.NDArray[np.uint8], profile: ImageCms.ImageCmsProfile | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Combine high and low bytes of 16-bit colors; a profile other than sRGB is applied to 8 bits."""
    values = np.array(file, np.float32)
    values *= 256
    values += low_bytes
    alpha = None if values.shape[2] == 4 else _alpha_by_key(file, values)
    values /= 65535
    image, alpha = values[None, :, :, :3], alpha if values.shape[2] == 3 else values[None, :, :, 3:]
    if profile is not None and file.info["icc_profile"] != srgb_profile():
        image = _to_srgb(Image.fromarray(np.rint(image[0] * 255).astype(np.uint8)), profile)
    return image, alpha


def _alpha_by_key(file: Image.Image, values: npt.NDArray[Any]) -> npt.NDArray[np.float32] | None:
    """Return the alpha channel of 16-bit values, `(H, W, C)`, by the color that is transparent; None if none is."""
    key = file.info.get("transparency")
    return None if key is None else np.any(values != key, axis=2)[None, :, :, None].astype(np.float32)


def _deep_gray(
    file: Image.Image, profile: ImageCms.ImageCmsProfile | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Convert gray of more than 8 bits, signed or in floats, which Pillow would clip at 255."""
    stored, white = stored_gray(file)
    values = (stored / np.float32(white)).astype(np.float32, copy=False)
    if getattr(file, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        values = 1 - values
    table = _to_srgb(Image.fromarray(np.arange(256, dtype=np.uint8)[None]), profile)[0, 0]
    image = np.empty((1, *values.shape, 3), np.float32)
    for rows in _bands(*values.shape):
        for channel in range(3):
            image[0, rows, :, channel] = np.interp(values[rows], np.linspace(0, 1, 256), table[:, channel])
    return image, _alpha_by_key(file, stored[:, :, None])


def _profile_of(file: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """Return a file's embedded profile if it describes these pixels; programs leave wrong ones in files."""
    data = file.info.get("icc_profile")
    if data is None:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        found, kind = profile.profile.xcolor_space.strip(), profile.profile.device_class.strip()
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        _ignore_profile(str(error))
        return None
    if kind not in _PROFILE_CLASSES:
        _ignore_profile(f"its class {kind} does not describe pictures")
    elif found != _space(file):
        _ignore_profile(f"it is for {found}, the picture is {_space(file)}")
    else:
        return profile
    return None


def _ignore_profile(reason: str) -> None:
    warnings.warn(f"An embedded color profile can't be used, sRGB is assumed: {reason}", stacklevel=2)


def _space(file: Image.Image) -> str:
    """Return the color space of a file's numbers, under the name that ICC profiles use."""
    return "GRAY" if file.mode.startswith("I") else _SPACES.get(file.mode, "RGB")


def _to_srgb(file: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> npt.NDArray[np.float32]:
    """Convert to sRGB by a profile of the file's color space, or without one as Pillow does: `(1, H, W, 3)`."""
    if profile is None:
        return _as_floats(file.convert("RGB"))
    source = file.convert(_MODES[_space(file)])
    try:
        converted = ImageCms.profileToProfile(source, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        _ignore_profile(str(error))
        return _as_floats(file.convert("RGB"))
    return _as_floats(converted or source.convert("RGB"))


def _as_floats(file: Image.Image) -> npt.NDArray[np.float32]:
    values = np.empty((1, file.height, file.width, len(file.getbands())), np.float32)
    for rows in _bands(file.height, file.width):
        band = np.asarray(file.crop((0, rows.start, file.width, rows.stop)), np.float32)
        values[0, rows] = band.reshape(values[0, rows].shape)
    values /= 255
    return values


def _bands(height: int, width: int) -> Iterator[slice]:
    """Divide a picture's rows into bands, to bound the memory for intermediate results."""
    rows = max(1, PIXELS_PER_BAND // width)
    for top in range(0, height, rows):
        yield slice(top, min(height, top + rows))
