"""Where a run starts: at a picture, at a snapshot, or as its settings say."""

import numpy.typing as npt
import tensorflow as tf

from nst_tf.config import STARTS, StyleConfig
from nst_tf.images.picture import Picture, as_picture
from nst_tf.images.reading import load_start
from nst_tf.runs.snapshot import Snapshot
from nst_tf.scales.plan import Stage

Start = npt.ArrayLike | Picture | Snapshot | None
"""Where a run starts: at a picture, at a snapshot of a run, or, if None, as the settings say."""


def first_stage(plan: list[Stage], start: str | tf.Tensor | Snapshot) -> int:
    """Return the index of the first size to paint."""
    if not isinstance(start, Snapshot):
        return 0
    if start.stage >= len(plan) or start.taken > plan[start.stage].steps:
        raise ValueError("The snapshot is of another run: it lies beyond the last step of these settings.")
    return start.stage


def resolved_start(start: Start, config: StyleConfig) -> str | tf.Tensor | Snapshot:
    """Return a snapshot, a picture or the name of a built-in start; read the file if the settings name one."""
    if isinstance(start, Snapshot):
        return start
    if start is not None:
        return tf.constant(as_picture("start", start).image)
    return config.start if config.start in STARTS else tf.constant(load_start(config.start))
