"""Small jobs, and someone who watches them."""

import hashlib
from pathlib import Path

from nst_tf import Progress, StyleConfig
from nst_tf.jobs.events import Trouble
from nst_tf.jobs.job import Job
from nst_tf.jobs.paint import paint

CONFIG = StyleConfig(weights="random", scales=1, steps=8)


def make_job(*, config=CONFIG, **options):
    """A job for the pictures of the fixture `pictures`."""
    inputs = {"content": Path("photo.jpg"), "style": Path("painting.jpg"), "output": Path("out.png")}
    return Job(config=config, **{**inputs, **options})


class Watcher:
    """Keeps a job's events, does something once at a step, and asks to stop from another one on."""

    def __init__(self, *, stop_at=None, at=None, then=None):
        self.events, self.step = [], 0
        self._stop_at, self._at, self._then = stop_at, at, then

    def __call__(self, event):
        self.events.append(event)
        if isinstance(event, Progress):
            self.step = event.step
            if self._then and event.step >= self._at:
                happen, self._then = self._then, None
                happen()

    def should_stop(self):
        return self._stop_at is not None and self.step >= self._stop_at

    @property
    def troubles(self):
        return [event.message for event in self.events if isinstance(event, Trouble)]

    @property
    def kinds(self):
        """The classes of the events, each once, in order."""
        return list(dict.fromkeys(type(event).__name__ for event in self.events))


def interrupt(step, **options):
    """Paint a job that is kept in the folder `run` up to a step."""
    watcher = Watcher(stop_at=step)
    job = make_job(**{"checkpoint": Path("run"), "checkpoint_every": 1, **options})
    return paint(job, on_event=watcher, should_stop=watcher.should_stop)


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def contents(folder):
    """Every file in a folder, with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
