"""What a client submits: pictures, and the settings of a painting as fields of a form or as JSON."""

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from nst_tf.config import SETTINGS, STARTS, WEIGHTS, StyleConfig
from nst_tf.errors import error_reason
from nst_tf.presets import preset
from nst_tf.settings import from_text
from nst_tf_serving.jobs_api.options import PREVIEW_SIZE, JobOptions
from nst_tf_serving.rest.refusals import RequestError

BALANCED = "balanced"
"""The preset whose settings are the defaults."""

WORDS = {"start": STARTS, "weights": WEIGHTS}
"""Settings that name a file elsewhere; a client may only choose one of the words, as files are the server's."""

OPTIONS = ("preset", "preview", "settings", "client")
"""Fields that are neither pictures nor settings."""

LONGEST_NAME = 100
"""Characters of a file's or a client's name that are kept."""

_ADVICE = "save it as JPEG or PNG from a program that opens it."

STEPS = ("steps", "coarse_steps", "large_steps")

BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A job that a client wants, checked as far as it can be without decoding its pictures.

    Attributes:
        content: The photograph.
        styles: The paintings.
        content_name: The photograph's file name.
        style_names: The paintings' file names.
        preset: Settings that go together.
        settings: Settings that the client chose.
        preview: Whether a small painting is wanted that predicts the large one.
        client: Name that the client gives itself.
    """

    content: BinaryIO
    styles: tuple[BinaryIO, ...]
    content_name: str
    style_names: tuple[str, ...]
    preset: str = BALANCED
    settings: Mapping[str, Any]
    preview: bool = False
    client: str = ""


def job_config(name: str, settings: Mapping[str, Any], *, preview: bool) -> StyleConfig:
    """Return the settings of a painting.

    Args:
        name: The preset.
        settings: Settings that win over it.
        preview: Whether a small painting is wanted that predicts the one with these settings.

    Raises:
        ValueError: If a value is invalid.
    """
    config = preset(name, **settings)
    if not preview:
        return config
    from nst_tf.previews import small_settings

    return small_settings(config, size=PREVIEW_SIZE)


def read_settings(fields: Mapping[str, str], options: JobOptions) -> dict[str, Any]:
    """Read everything of a form that is not a picture, as arguments of a `Submission`.

    Raises:
        RequestError: If a field is unknown, or a value invalid or beyond the server's limits.
    """
    if unknown := [name for name in fields if name not in (*OPTIONS, *SETTINGS)]:
        raise RequestError(f"There is no field {shown(unknown[0])!r}; there are content, style, {_known()}.")
    settings = _json_settings(fields.get("settings", "{}"))
    settings |= {name: from_text(SETTINGS[name], text) for name, text in fields.items() if name in SETTINGS}
    preview = BOOLEANS.get(fields.get("preview", "false"))
    if preview is None:
        raise RequestError(f"preview must be true or false; got {shown(fields['preview'])!r}.")
    chosen = fields.get("preset", BALANCED)
    try:
        _check_limits(job_config(chosen, settings, preview=preview), options)
        _check_limits(job_config(chosen, settings, preview=False), options)
    except (ValueError, TypeError, OverflowError) as error:
        raise RequestError(shown(str(error), longest=500)) from None
    return {"preset": chosen, "settings": settings, "preview": preview, "client": shown(fields.get("client", ""))}


def _json_settings(text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict):
        raise RequestError('settings must be a JSON object, as in {"content_weight": 0.1}.')
    if unknown := [name for name in settings if name not in SETTINGS]:
        raise RequestError(f"There is no setting {shown(unknown[0])!r}; there are {', '.join(SETTINGS)}.")
    return settings


def _check_limits(config: StyleConfig, options: JobOptions) -> None:
    for name, words in WORDS.items():
        if getattr(config, name) not in words:
            raise ValueError(f"{name} must be one of {', '.join(words)} here; a server opens no other files.")
    for names, limit in ((("size",), options.largest_size), (STEPS, options.most_steps)):
        for name in names:
            if (getattr(config, name) or 0) > limit:
                raise ValueError(f"{name} must be at most {limit} here; the command line has no such limit.")


def check_picture(file: BinaryIO, what: str, options: JobOptions) -> None:
    """Check by its first bytes that a file is a picture of a known format and not too large; it is not decoded.

    Args:
        file: The file, at its beginning; it is left there.
        what: How the message refers to it.
        options: The server's limits.

    Raises:
        RequestError: If it is not.
    """
    from PIL import Image, UnidentifiedImageError

    from nst_tf.images.decoding import open_header

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            width, height = open_header(file).size
    except Image.DecompressionBombError:
        width, height = options.largest_picture, 2
    except UnidentifiedImageError:
        raise RequestError(f"{what} is not a picture of a known format; {_ADVICE}") from None
    except Exception as error:  # decoders raise all kinds of errors; the format's own extra may be missing
        raise RequestError(f"{what} can't be read: {error_reason(error).rstrip('.')}; {_ADVICE}") from None
    finally:
        file.seek(0)
    if width * height > options.largest_picture:
        raise RequestError(
            f"{what} has more than {options.largest_picture // 1_000_000} million pixels; reduce it first.", 413
        )


def check_count(styles: Sequence[object], options: JobOptions) -> None:
    """Refuse a painting without a style, or with too many.

    Raises:
        RequestError: If there are none, or too many.
    """
    if not 1 <= len(styles) <= options.most_styles:
        raise RequestError(f"A painting needs 1 to {options.most_styles} files named style; got {len(styles)}.")


def file_name(sent: str | None, otherwise: str) -> str:
    """Return a file's name as it is shown and used in commands: no folders, no control characters."""
    last = re.split(r"[/\\]", sent or "")[-1]
    return shown(last).strip(". ") or otherwise


def shown(text: str, *, longest: int = LONGEST_NAME) -> str:
    """Return a text of a client in one printable line of limited length."""
    return "".join(each for each in text if each.isprintable())[:longest]


def _known() -> str:
    return ", ".join((*OPTIONS, *SETTINGS))
