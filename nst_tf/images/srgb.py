"""Color as files have it, to sRGB: embedded profiles, CMYK, palettes, grey, 16 bits, transparency.

Works on Pillow's images and NumPy arrays; nothing here imports TensorFlow.
"""

import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from nst_tf.images.color_encoding import ColorEncoding
from nst_tf.images.grey_depths import is_deep_grey, stored_grey
from nst_tf.images.picture import Picture, fill_transparent

_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
"""Color space of a profile to the mode that it applies to."""

_SPACES = dict.fromkeys(("1", "L", "LA", "La", "F"), "GRAY") | {"CMYK": "CMYK"}
"""Mode to the color space of its numbers; those that begin with I are grey, all others RGB."""

_PROFILE_CLASSES = ("scnr", "mntr", "prtr", "spac")
"""Classes of profiles that describe a picture's colors (ICC.1:2022, section 7.2.5); links and effects do not."""

PIXELS_PER_BAND = 2**20
"""Pixels that are converted at a time."""

_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0  # TIFF 6.0, section 8


def srgb_profile() -> bytes:
    """Return an ICC profile of sRGB, the same bytes every time."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes.fromhex("07d000010001000000000000")  # the date of creation, else that of today
    data[84:100] = bytes(16)  # the identifier, a hash over the date
    return bytes(data)


def to_picture(
    file: Image.Image, lower: npt.NDArray[np.uint8] | None = None, encoding: ColorEncoding | None = None
) -> Picture:
    """Convert a decoded file of any mode to sRGB and opacity.

    Fully transparent pixels take the mean color of the others, so that what nobody sees does not tint what is measured.

    Args:
        file: Of 16-bit colors, the upper bytes.
        lower: Their lower bytes, `(H, W, C)`; None if there are none.
        encoding: What the numbers mean where no embedded profile says it; None for sRGB.

    Raises:
        ValueError: If the file's numbers can't be told to be a picture's.
    """
    profile = _profile_of(file)
    image, alpha = _to_floats(file, lower, profile)
    if profile is None and encoding is not None:
        _convert(image, encoding)
    if alpha is not None:
        fill_transparent(image, alpha)
    return Picture(image, alpha)


def _convert(image: npt.NDArray[np.float32], encoding: ColorEncoding) -> None:
    try:
        encoding.convert(image)
    except ValueError as error:
        warnings.warn(f"The picture's color space can't be used, sRGB is assumed: {error}.", stacklevel=2)


def _to_floats(
    file: Image.Image, lower: npt.NDArray[np.uint8] | None, profile: ImageCms.ImageCmsProfile | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Return the image, in sRGB if there is a profile, and its opacity."""
    if lower is not None:
        return _deep_color(file, lower, profile)
    if is_deep_grey(file):
        return _deep_grey(file, profile)
    if not file.has_transparency_data:
        return _to_srgb(file, profile), None
    opaque = {"LA": "L", "La": "L"}.get(file.mode, "RGB")
    with_alpha = file if file.mode in ("LA", "RGBA") else file.convert("LA" if opaque == "L" else "RGBA")
    alpha = _as_floats(with_alpha.getchannel("A"))
    return _to_srgb(with_alpha.convert(opaque), profile), alpha


def _deep_color(
    file: Image.Image, lower: npt.NDArray[np.uint8], profile: ImageCms.ImageCmsProfile | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Put 16-bit colors together; those with a profile that is not sRGB are converted with 8 bits."""
    values = np.array(file, np.float32)
    values *= 256
    values += lower
    alpha = None if values.shape[2] == 4 else _alpha_by_key(file, values)
    values /= 65535
    image, alpha = values[None, :, :, :3], alpha if values.shape[2] == 3 else values[None, :, :, 3:]
    if profile is not None and file.info["icc_profile"] != srgb_profile():
        image = _to_srgb(Image.fromarray(np.rint(image[0] * 255).astype(np.uint8)), profile)
    return image, alpha


def _alpha_by_key(file: Image.Image, values: npt.NDArray[Any]) -> npt.NDArray[np.float32] | None:
    """Return the opacity of 16-bit values, `(H, W, C)`, of which one may stand for transparent."""
    key = file.info.get("transparency")
    return None if key is None else np.any(values != key, axis=2)[None, :, :, None].astype(np.float32)


def _deep_grey(
    file: Image.Image, profile: ImageCms.ImageCmsProfile | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Read grey of more than 8 bits, with a sign, or of floats in [0, 1], which Pillow would cut off at 255."""
    stored, white = stored_grey(file)
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
    """Return a file's embedded profile if it describes these pixels; programs leave others behind."""
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
        _ignore_profile(f"it is of the class {kind}, which describes no picture")
    elif found != _space(file):
        _ignore_profile(f"it is for {found}, the picture is {_space(file)}")
    else:
        return profile
    return None


def _ignore_profile(reason: str) -> None:
    warnings.warn(f"An embedded color profile can't be used, sRGB is assumed: {reason}", stacklevel=2)


def _space(file: Image.Image) -> str:
    """Return the color space of a file's numbers, as profiles name it."""
    return "GRAY" if file.mode.startswith("I") else _SPACES.get(file.mode, "RGB")


def _to_srgb(file: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> npt.NDArray[np.float32]:
    """Convert by a profile of the file's color space if there is one, plainly otherwise: `(1, H, W, 3)`."""
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
    """Divide a picture's rows into bands, so that what is large in memory is so for a band only."""
    rows = max(1, PIXELS_PER_BAND // width)
    for top in range(0, height, rows):
        yield slice(top, min(height, top + rows))
