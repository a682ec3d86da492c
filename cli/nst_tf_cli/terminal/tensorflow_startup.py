"""TensorFlow without its start-up chatter.

Since 2.17 or so it writes lines to file descriptor 2 before it looks at `TF_CPP_MIN_LOG_LEVEL`
(tensorflow issue 100442), so the descriptor itself is redirected meanwhile.
"""

import contextlib
import os
import sys
import tempfile

from nst_tf.storage.atomic_files import temporary_folder


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
            import tensorflow as tf

            tf.constant(0.0)
        except Exception:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
