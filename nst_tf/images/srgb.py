"""Convert decoded files to sRGB: ICC profiles, CMYK, palettes, gray, 16 bits, transparency. Imports no TensorFlow."""

import io
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from nst_tf.images.bands import Floats, Packed, bands
from nst_tf.images.color_spaces import ColorSpace
from nst_tf.images.gray_bit_depth import is_deep_gray, stored_gray
from nst_tf.images.picture import Picture, fill_transparent

_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
"""Pillow's mode of the colors that a profile of a color space applies to."""

_SPACES = dict.fromkeys(("1", "L", "LA", "La", "F"), "GRAY") | {"CMYK": "CMYK"}
"""Color space of Pillow's modes; those that begin with I are gray, all others RGB."""

_PROFILE_CLASSES = ("scnr", "mntr", "prtr", "spac")
"""Profile classes that describe a picture's colors (ICC.1:2022, section 7.2.5); links and effects do not."""

Convert = Callable[[Image.Image], Image.Image]
"""From a part of a file to the same part in sRGB, of 8 bits."""

DEEP_WHITE = 2**16 - 1
"""The value of white in colors of 16 bits."""

_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0  # TIFF 6.0, section 8


def srgb_profile() -> bytes:
    """Return an ICC profile of sRGB, the same bytes every time."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes.fromhex("07d000010001000000000000")  # the date of creation, which would be today's
    data[84:100] = bytes(16)  # the profile ID, a hash that includes the date
    return bytes(data)


class PackedPicture(NamedTuple):
    """A decoded file that needs no decoder any more, in memory that its picture takes anyway.

    Attributes:
        image: Its colors, `(H, W, 3)`, or with the alpha channel `(H, W, 4)`, packed; or floats, `(1, H, W, 3)`.
        alpha: Its alpha channel, packed `(H, W, 1)` or floats `(1, H, W, 1)`; None if it has none, or it is in `image`.
        white: The packed value of white, and of full opacity.
        color_space: The color space of the values; None for sRGB.
    """

    image: Packed | Floats
    alpha: Packed | Floats | None = None
    white: int = 255
    color_space: ColorSpace | None = None

    def unpack(self) -> Picture:
        """Return the picture in sRGB; the packed values are lost.

        Fully transparent pixels get the mean color of the others, so that hidden colors do not affect features.
        """
        values = self._floats(self.image)
        image = values[..., :3]
        if values.shape[3] == 4:
            alpha: Floats | None = values[..., 3:]
        else:
            image, alpha = values, None if self.alpha is None else self._floats(self.alpha)
        if self.color_space is not None:
            _convert(image, self.color_space)
        if alpha is not None:
            fill_transparent(image, alpha)
        return Picture(image, alpha)

    def _floats(self, values: Packed | Floats) -> Floats:
        return values.unpack(self.white) if isinstance(values, Packed) else values


def pack_file(file: Image.Image, color_space: ColorSpace | None = None) -> PackedPicture:
    """Convert a decoded file of any mode to sRGB.

    Args:
        file: The decoded file; not one with 16-bit colors.
        color_space: The color space of the values, if there is no embedded profile; None for sRGB.

    Raises:
        ValueError: If the file's values are out of range.
    """
    profile = _profile_of(file)
    packed = _deep_gray(file, profile) if is_deep_gray(file) else _eight_bits(file, profile)
    return packed._replace(color_space=color_space if profile is None else None)


def pack_deep_colors(values: Packed, file: Image.Image, color_space: ColorSpace | None = None) -> PackedPicture:
    """Convert colors of 16 bits to sRGB; a profile other than sRGB is applied to 8 bits.

    Args:
        values: The colors, with or without an alpha channel, `(H, W, 3 or 4)`, uint16.
        file: The file that they are from; of it, only metadata are read.
        color_space: As `pack_file` takes it.
    """
    profile = _profile_of(file)
    alpha = None if values.values.shape[2] == 4 else _alpha_by_key(file, values.values)
    if profile is not None and file.info["icc_profile"] != srgb_profile():
        return _deep_colors_by_profile(values, alpha, profile)
    return PackedPicture(values, alpha, DEEP_WHITE, color_space if profile is None else None)


def _convert(image: Floats, color_space: ColorSpace) -> None:
    """Convert an image to sRGB, in place; warn if its color space is not possible."""
    try:
        color_space.convert(image)
    except ValueError as error:
        warnings.warn(f"The picture's color space can't be used, sRGB is assumed: {error}.", stacklevel=2)


def _eight_bits(file: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> PackedPicture:
    """Convert a file of 8 bits."""
    shape = file.height, file.width
    image = Packed((*shape, 3), np.uint8)
    alpha = Packed((*shape, 1), np.uint8) if file.has_transparency_data else None
    convert = _converter(_space(file if alpha is None else _apart(file.crop((0, 0, 1, 1)))[0]), profile)
    for rows in bands(*shape):
        band = file.crop((0, rows.start, file.width, rows.stop))
        if alpha is not None:
            band, opacity = _apart(band)
            alpha.values[rows, :, 0] = opacity
        image.values[rows] = convert(band)
    return PackedPicture(image, alpha)


def _apart(file: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return the colors of a file with transparency, and its opacity."""
    opaque = {"LA": "L", "La": "L"}.get(file.mode, "RGB")
    with_alpha = file if file.mode in ("LA", "RGBA") else file.convert("LA" if opaque == "L" else "RGBA")
    return with_alpha.convert(opaque), with_alpha.getchannel("A")


def _deep_colors_by_profile(values: Packed, alpha: Floats | None, profile: ImageCms.ImageCmsProfile) -> PackedPicture:
    """Convert colors of 16 bits by a profile that is for 8."""
    height, width, channels = values.values.shape
    image, convert = Packed((height, width, 3), np.uint8), _converter("RGB", profile)
    if channels == 4:
        alpha = np.empty((1, height, width, 1), np.float32)
    for rows in bands(height, width):
        band = values.values[rows].astype(np.float32) / np.float32(DEEP_WHITE)
        if channels == 4 and alpha is not None:
            alpha[0, rows] = band[:, :, 3:]
        image.values[rows] = convert(Image.fromarray(np.rint(band[:, :, :3] * 255).astype(np.uint8)))
    return PackedPicture(image, alpha)


def _alpha_by_key(file: Image.Image, values: npt.NDArray[Any]) -> Floats | None:
    """Return the alpha channel of deep values, `(H, W, C)`, by the color that is transparent; None if none is."""
    key = file.info.get("transparency")
    if key is None:
        return None
    alpha = np.empty((1, *values.shape[:2], 1), np.float32)
    for rows in bands(*values.shape[:2]):
        alpha[0, rows, :, 0] = np.any(values[rows] != key, axis=2)
    return alpha


def _deep_gray(file: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> PackedPicture:
    """Convert gray of more than 8 bits, signed or in floats, which Pillow would clip at 255."""
    stored, white = stored_gray(file)
    is_inverted = getattr(file, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    table = np.asarray(_converter("GRAY", profile)(Image.fromarray(np.arange(256, dtype=np.uint8)[None])))[0]
    grays, tones = np.linspace(0, 1, 256), table.astype(np.float32) / np.float32(255)
    image = np.empty((1, *stored.shape, 3), np.float32)
    for rows in bands(*stored.shape):
        values = (stored[rows] / np.float32(white)).astype(np.float32, copy=False)
        for channel in range(3):
            image[0, rows, :, channel] = np.interp(1 - values if is_inverted else values, grays, tones[:, channel])
    return PackedPicture(image, _alpha_by_key(file, stored[:, :, None]))


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


def _converter(space: str, profile: ImageCms.ImageCmsProfile | None) -> Convert:
    """Return the conversion to sRGB by a profile of a color space, or without one as Pillow does."""
    if profile is not None:
        mode = _MODES[space]
        try:
            transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
            ImageCms.applyTransform(Image.new(mode, (1, 1)), transform)
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            _ignore_profile(str(error))
        else:
            return lambda file: ImageCms.applyTransform(file.convert(mode), transform) or file.convert("RGB")
    return lambda file: file.convert("RGB")
