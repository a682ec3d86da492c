"""Keras' own file of ImageNet's filters, in Keras' own cache, which all programs share.

It is downloaded here rather than by `keras.utils.get_file`, which has no timeout for the name lookup, prints its own
progress to stdout, writes under the final name, overwrites a file of another hash, and leaves one behind when a
download is wrong or the process is killed.
"""

import contextlib
import hashlib
import http.client
import os
import tempfile
import threading
import urllib.request
from pathlib import Path
from typing import Any, BinaryIO

from nst_tf.errors import MissingWeightsError, error_reason
from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import check_local
from nst_tf.weights.downloads import Patience, announced
from nst_tf.weights.network_weights import Arrays
from nst_tf.weights.weight_files import read_weights

ADDRESS = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/"
    "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
"""What `keras.applications.VGG19(include_top=False)` downloads."""

MD5 = "253f8cb515780f3b799900260a226db6"
"""Its hash, as Keras checks it."""

SIZE = 80_134_624
"""Its size in bytes."""

PIECE = 2**20
"""Bytes that are downloaded or hashed at a time."""


def cached_file() -> Path:
    """Return the path of VGG-19's file in Keras' cache, whether it exists or not.

    Where that folder is read-only, Keras uses one among the temporary folders; a file in the former is used all the
    same.

    Raises:
        ValueError: If `KERAS_HOME` is a URL.
    """
    check_local(os.environ.get("KERAS_HOME", ""))
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    path = home / "models" / ADDRESS.rpartition("/")[2]
    if path.exists() or _can_be_written(home):
        return path
    return _temporary() / ".keras" / "models" / path.name


def _can_be_written(folder: Path) -> bool:
    """Return whether a folder can be written to, or created."""
    return os.access(next(each for each in (folder, *folder.absolute().parents) if each.exists()), os.W_OK)


def _temporary() -> Path:
    """Return the folder of temporary files that Keras uses."""
    usual = Path("/tmp")  # noqa: S108
    return usual if usual.is_dir() else Path(tempfile.gettempdir())


def is_cached() -> bool:
    """Return whether Keras' cache has VGG-19's file, complete.

    Raises:
        MissingWeightsError: If a file of that name has another hash.
    """
    path = cached_file()
    if not path.is_file():
        return False
    if path.stat().st_size > 2 * SIZE or _md5(path) != MD5:
        raise MissingWeightsError(f"{path} is not Keras' ImageNet file (wrong hash); move it away and fetch it again")
    return True


def read() -> Arrays:
    """Read the filters from Keras' cache.

    Raises:
        ValueError: If the file can't be read.
    """
    return read_weights(cached_file())


def download(patience: Patience) -> None:
    """Download the file into Keras' cache, atomically.

    Args:
        patience: Timeouts.

    Raises:
        MissingWeightsError: If the file can't be downloaded or stored.
    """
    try:
        cached_file().parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(cached_file(), overwrite=False) as stream, _answer(patience) as response:
            _copy(response, stream)
    except FileExistsError:  # another process was faster; its hash is checked by whoever reads it
        return
    except (OSError, http.client.HTTPException) as error:
        raise MissingWeightsError(error_reason(error)) from error


def _copy(response: Any, stream: BinaryIO) -> None:
    """Write the server's answer into a file, and check its size and hash."""
    digest, done = hashlib.md5(usedforsecurity=False), 0
    with announced("ImageNet's VGG-19 from Keras", SIZE) as tell:
        while piece := response.read(PIECE):
            digest.update(piece)
            stream.write(piece)
            done += len(piece)
            tell(done)
            if done > SIZE:
                raise MissingWeightsError("the server sends more than Keras' file")
    if digest.hexdigest() != MD5:
        raise MissingWeightsError("the server sends another file than Keras' (wrong hash)")


def _answer(patience: Patience) -> contextlib.closing[Any]:
    """Send the request in a thread, since the name lookup has no timeout of its own."""
    answers: list[Any] = []
    given_up = threading.Event()

    def ask() -> None:
        """Open the address, and keep the answer or the error."""
        try:
            answers.append(urllib.request.build_opener().open(ADDRESS, timeout=patience.stall))
        except Exception as error:  # by the address, the connection, or the protocol
            answers.append(error)
        if hasattr(answers[0], "close") and (given_up.is_set() or isinstance(answers[0], Exception)):
            answers[0].close()  # an HTTP error is an open connection, too

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(patience.first)
    given_up.set()
    if not answers:
        raise MissingWeightsError(f"no answer within {patience.first:g} s")
    if isinstance(answers[0], Exception):
        raise MissingWeightsError(error_reason(getattr(answers[0], "reason", None) or answers[0])) from answers[0]
    return contextlib.closing(answers[0])


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
