"""What paints on a node of a cluster: one process per slot, with as many threads as the slot has cores."""

import os
import threading
from typing import Any

from nst_tf.batch.worker import Attempt, attempt
from nst_tf.jobs.events import Event
from nst_tf.jobs.job import Job


class Painter:
    """Paints one picture after the other; another thread answers how far it has come, and asks it to stop.

    The network and the compiled loop stay in memory from picture to picture.
    """

    def __init__(self, threads: int) -> None:
        """Start TensorFlow with a number of threads.

        Args:
            threads: Threads of one operation; operations run one after the other, so that no core is oversubscribed.
        """
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        os.environ["KERAS_BACKEND"] = "tensorflow"
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        self._stop = threading.Event()
        self._progress: dict[str, Any] | None = None

    def ready(self) -> bool:
        """Tell that the process has started."""
        return True

    def paint(self, job: Job) -> Attempt:
        """Paint a picture, unless it is done, from its last checkpoint if there is one."""
        self._progress = None
        return attempt(job, on_event=self._note, should_stop=self._stop.is_set)

    def progress(self) -> dict[str, Any] | None:
        """Return how far the picture has come: the fields of `PictureProgress` without its index."""
        return self._progress

    def stop(self) -> None:
        """Stop painting after the current step, for good."""
        self._stop.set()

    def _note(self, event: Event) -> None:
        from nst_tf.runs.progress import Progress

        if isinstance(event, Progress):
            names = ("step", "steps", "share", "loss")
            self._progress = {name: getattr(event, name) for name in names}
