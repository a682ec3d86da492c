"""ImageNet weights through `keras.applications`, without its surprises.

Keras caches them under its own name and checks them by a hash. When the cached file's hash is wrong, it downloads over
it, and deletes it when that fails; when the network swallows packets, it waits for minutes. So both are looked at
before Keras is asked.
"""

import contextlib
import hashlib
import socket
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from keras.src.applications.vgg19 import WEIGHTS_PATH_NO_TOP  # the address that Keras itself downloads from
from keras.src.backend.config import keras_home

from nst_tf.errors import MissingWeightsError

MD5 = "253f8cb515780f3b799900260a226db6"
"""Hash of Keras' VGG-19 file without top, as `keras.applications` checks it."""

PATIENCE = 5.0
"""Seconds to wait for the server's first answer, and then for each next piece."""

_REMEDY = "Try `nst-tf weights fetch` when online, or pass a VGG-19 weights file."


def cached_file() -> Path:
    """Return where Keras keeps its VGG-19 file, whether it is there or not."""
    return Path(keras_home()) / "models" / Path(WEIGHTS_PATH_NO_TOP).name


def is_cached() -> bool:
    """Tell whether Keras has its VGG-19 file, whole.

    Raises:
        MissingWeightsError: If a file of that name is there with other contents.
    """
    path = cached_file()
    if not path.is_file():
        return False
    if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != MD5:
        raise MissingWeightsError(f"{path} is not Keras' ImageNet file (wrong hash); move it away and fetch it again.")
    return True


def load_arrays() -> dict[str, npt.NDArray[np.float32]]:
    """Load ImageNet's filters, from Keras' cache or over the network.

    Raises:
        MissingWeightsError: If they are not cached and no connection is to be had, within seconds.
    """
    if not is_cached():
        _check_connection()
    try:
        with _socket_timeout(PATIENCE), contextlib.redirect_stdout(sys.stderr):
            network = keras.applications.VGG19(include_top=False, weights="imagenet")
    except Exception as error:  # Keras raises bare Exception when a download fails
        raise MissingWeightsError(f"ImageNet weights could not be downloaded ({error}). {_REMEDY}") from error
    return {
        f"{layer.name}/{part}": np.asarray(array, np.float32)
        for layer in network.layers
        for part, array in zip(("kernel", "bias"), layer.get_weights(), strict=False)
    }


def _check_connection() -> None:
    """Ask the server for the file's header in a thread, since looking up a name has no timeout of its own."""
    outcome: list[str] = []

    def ask() -> None:
        request = urllib.request.Request(WEIGHTS_PATH_NO_TOP, method="HEAD")  # noqa: S310 (Keras' own https address)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE):  # noqa: S310
                outcome.append("")
        except Exception as error:  # of the address, the connection, or the protocol
            outcome.append(str(getattr(error, "reason", error)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE + 1)
    reason = outcome[0] if outcome else "no answer"
    if reason:
        raise MissingWeightsError(
            f"ImageNet weights are not on this machine, and can't be downloaded ({reason}). {_REMEDY}"
        )


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
