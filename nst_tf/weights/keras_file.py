"""Keras' own file of ImageNet's filters, in Keras' own cache, which all programs share.

It is fetched here rather than by Keras, which downloads over a file whose hash is wrong, deletes it when that fails,
and waits for minutes when the network swallows packets.
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
"""Bytes that are read at a time."""


def cached_file() -> Path:
    """Return where Keras keeps its VGG-19 file, whether it is there or not.

    Where its folder can't be written to, Keras takes one among the temporary ones; what the first one holds is read
    there all the same.

    Raises:
        ValueError: If `KERAS_HOME` is an address.
    """
    check_local(os.environ.get("KERAS_HOME", ""))
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    path = home / "models" / ADDRESS.rpartition("/")[2]
    if path.exists() or _can_be_written(home):
        return path
    return _temporary() / ".keras" / "models" / path.name


def _can_be_written(folder: Path) -> bool:
    """Tell whether a folder can be written to, or made."""
    return os.access(next(each for each in (folder, *folder.absolute().parents) if each.exists()), os.W_OK)


def _temporary() -> Path:
    """Return the folder of temporary files as Keras has it."""
    usual = Path("/tmp")  # noqa: S108
    return usual if usual.is_dir() else Path(tempfile.gettempdir())


def is_cached() -> bool:
    """Tell whether Keras has its VGG-19 file, whole.

    Raises:
        MissingWeightsError: If a file of that name is there with other contents.
    """
    path = cached_file()
    if not path.is_file():
        return False
    if path.stat().st_size > 2 * SIZE or _md5(path) != MD5:
        raise MissingWeightsError(f"{path} is not Keras' ImageNet file (wrong hash); move it away and fetch it again")
    return True


def read() -> Arrays:
    """Read the filters from Keras' cache."""
    return read_weights(cached_file())


def download(patience: Patience) -> None:
    """Download the file into Keras' cache, whole or not at all.

    Raises:
        MissingWeightsError: If it can't be downloaded, or not be stored.
    """
    try:
        cached_file().parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(cached_file(), overwrite=False) as stream, _answer(patience) as response:
            _copy(response, stream)
    except FileExistsError:  # another process was faster; whoever reads it checks its hash
        return
    except (OSError, http.client.HTTPException) as error:
        raise MissingWeightsError(error_reason(error)) from error


def _copy(response: Any, stream: BinaryIO) -> None:
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
    """Ask the server in a thread, since looking up a name has no timeout of its own."""
    answers: list[Any] = []
    given_up = threading.Event()

    def ask() -> None:
        try:
            answers.append(urllib.request.build_opener().open(ADDRESS, timeout=patience.stall))
        except Exception as error:  # of the address, the connection, or the protocol
            answers.append(error)
        if hasattr(answers[0], "close") and (given_up.is_set() or isinstance(answers[0], Exception)):
            answers[0].close()  # a refusal by HTTP is both an error and an open connection

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
