"""Our own folder for what is fetched once: the filters, and when they could not be had."""

import contextlib
import json
import os
import time
from pathlib import Path

import platformdirs

from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import check_local

SECONDS = 3600
"""How long a failure is remembered."""

LONGEST = 10_000
"""Bytes of a remembered failure."""


def folder() -> Path:
    """Return the folder, whether it is there or not: `NST_TF_CACHE`, or where the system keeps such things.

    Raises:
        ValueError: If it is an address.
    """
    own = os.environ.get("NST_TF_CACHE")
    check_local(own or "")
    return Path(own).expanduser() if own else platformdirs.user_cache_path("nst-tf", appauthor=False)


def filters_file() -> Path:
    """Return where the filters from the package index are, or would be."""
    return folder() / "vgg19-imagenet-8bit.npz"


def remember_failure(reason: str) -> None:
    """Note down that the filters could not be had just now, if the folder can be written to."""
    with contextlib.suppress(OSError):
        _failure_file().parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(_failure_file(), overwrite=True) as stream:
            stream.write(json.dumps({"time": time.time(), "reason": reason}).encode())


def remembered_failure() -> tuple[int, str] | None:
    """Return how many minutes ago the filters could not be had, and why, if that is within the hour."""
    try:
        with _failure_file().open("rb") as stream:
            noted = json.loads(stream.read(LONGEST))
        age, reason = time.time() - float(noted["time"]), str(noted["reason"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return (int(age // 60), reason) if 0 <= age < SECONDS else None


def forget_failure() -> None:
    """Forget what was noted down."""
    with contextlib.suppress(OSError):
        _failure_file().unlink(missing_ok=True)


def _failure_file() -> Path:
    return folder() / "failed-download.json"
