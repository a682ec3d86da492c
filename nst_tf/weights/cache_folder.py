"""Our cache folder: the downloaded filters, and when a download has failed."""

import contextlib
import json
import os
import time
from pathlib import Path

import platformdirs

from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import check_local

SECONDS = 3600
"""How long a failed download is remembered."""

LONGEST = 10_000
"""Bytes of the file of a failed download that are read."""


def folder() -> Path:
    """Return the folder, whether it exists or not: `NST_TF_CACHE`, or the system's usual place for caches.

    Raises:
        ValueError: If it is a URL.
    """
    own = os.environ.get("NST_TF_CACHE")
    check_local(own or "")
    return Path(own).expanduser() if own else platformdirs.user_cache_path("nst-tf", appauthor=False)


def filters_file() -> Path:
    """Return the path of the filters from the package index, whether they are there or not."""
    return folder() / "vgg19-imagenet-8bit.npz"


def remember_failure(reason: str) -> None:
    """Remember that a download has failed just now, if the folder can be written to."""
    with contextlib.suppress(OSError):
        _failure_file().parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(_failure_file(), overwrite=True) as stream:
            stream.write(json.dumps({"time": time.time(), "reason": reason}).encode())


def remembered_failure() -> tuple[int, str] | None:
    """Return how many minutes ago a download failed, and why; None if that is more than an hour ago."""
    try:
        with _failure_file().open("rb") as stream:
            noted = json.loads(stream.read(LONGEST))
        age, reason = time.time() - float(noted["time"]), str(noted["reason"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return (int(age // 60), reason) if 0 <= age < SECONDS else None


def forget_failure() -> None:
    """Forget a failed download."""
    with contextlib.suppress(OSError):
        _failure_file().unlink(missing_ok=True)


def _failure_file() -> Path:
    return folder() / "failed-download.json"
