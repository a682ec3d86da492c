"""TensorFlow without its start-up chatter, and without what makes its start and its end slow.

Since 2.17 or so it writes lines to file descriptor 2 before it looks at `TF_CPP_MIN_LOG_LEVEL`
(tensorflow issue 100442), so the descriptor itself is redirected meanwhile.

Its modules hold so many objects that Python's garbage collector takes a third of the time of the import, and again as
much at the end of the process, when nothing is left to free but what the system frees anyway.
"""

import atexit
import contextlib
import gc
import os
import sys
import tempfile
from collections.abc import Iterator

from nst_tf.storage.atomic_files import temporary_folder

UNUSED = "matplotlib"
"""A package that Keras imports where it is installed, for pictures that nobody asks it for."""


def start_tensorflow() -> None:
    """Import TensorFlow and let it look for devices; what it writes meanwhile is shown only if that fails.

    Raises:
        RuntimeError: If there is no temporary folder, which TensorFlow needs as well.
    """
    try:
        place = temporary_folder()
    except FileNotFoundError as error:
        raise RuntimeError(str(error)) from None
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with contextlib.suppress(OSError, AttributeError):  # no stderr, or a full one
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # closed, so there is nothing to keep clean
        return
    with tempfile.TemporaryFile(dir=place) as aside:
        os.dup2(aside.fileno(), 2)
        try:
            _import_tensorflow()
        except Exception:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _import_tensorflow() -> None:
    """Import TensorFlow and Keras once, and compute something."""
    if "tensorflow" not in sys.modules:
        with _without_collecting(), _as_if_missing(UNUSED):
            import tensorflow  # noqa: F401  (it imports Keras)
    import tensorflow as tf

    tf.constant(0.0)


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Create objects that live until the process ends, which the garbage collector need never look at."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
        atexit.register(gc.freeze)
    finally:
        if enabled:
            gc.enable()


@contextlib.contextmanager
def _as_if_missing(package: str) -> Iterator[None]:
    """Let imports of a package fail, unless it has been imported before."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]  # documented: such an import raises ModuleNotFoundError
    try:
        yield
    finally:
        del sys.modules[package]
