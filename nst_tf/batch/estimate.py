"""How much work a picture is, from the headers of its files alone, and how long that takes on this machine."""

import contextlib
import functools
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

from nst_tf.config import DEFAULT_SIZE, StyleConfig
from nst_tf.images.decoding import open_header
from nst_tf.images.paging import split_page
from nst_tf.jobs.job import Job
from nst_tf.scales.plan import Size, Stage, stages
from nst_tf.storage.path_checks import address

_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)
"""EXIF's tag, and its values for pictures that lie on their side."""

_ASSUMED: Size = (DEFAULT_SIZE * 3 // 4, DEFAULT_SIZE)
"""Size of a picture that has not been fetched yet."""

TRIAL_SIDE = 256
"""Longer side of the picture that is painted to measure the machine, at most, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast this machine paints.

    Attributes:
        startup: Seconds until the first step: the network is built and the loop compiled.
        per_work: Seconds per pixel and step.
    """

    startup: float
    per_work: float


def picture_size(path: Path) -> Size | None:
    """Return height and width of a picture as a viewer shows it, by its header; None if it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path, page = split_page(path)
            with path.open("rb") as stream, open_header(stream) as file:
                file.seek((page or 1) - 1)
                turned = file.getexif().get(_ORIENTATION) in _TURNED
                return (file.width, file.height) if turned else (file.height, file.width)
    except Exception:  # decoders raise all kinds of errors; the run itself says what is wrong
        return None


def plan_of(job: Job) -> list[Stage]:
    """Return the sizes and steps of a job, as far as the headers tell; an empty list if it can't be painted.

    For pictures at URLs, which have not been fetched, a photograph of the usual proportions is assumed.
    """
    content, *styles = (_size(path) for path in (job.content, *job.styles))
    if content is None or None in styles:
        return []
    try:
        return stages(content, [size for size in styles if size], job.config)
    except ValueError:
        return []


def _size(path: Path) -> Size | None:
    """Return the size of a picture or of a style file; None if it is neither."""
    from nst_tf.style_files import load_any_style

    if address(path):
        return _ASSUMED
    size = picture_size(path)
    if size is None and path.suffix.lower() == ".npz":
        with contextlib.suppress(ValueError, OSError):  # the run itself says what is wrong
            return load_any_style(path).size
    return size


def work_of(job: Job) -> int:
    """Return the pixels to paint, each as often as there are steps; 0 for a job that can't be painted."""
    return sum(stage.work for stage in plan_of(job))


def measure_pace(config: StyleConfig, *, steps: int = 3) -> Pace:
    """Measure how fast this machine paints with these settings, by a few steps of a small picture.

    Args:
        config: The settings.
        steps: Steps to time; one more comes before, which compiles the loop.

    Raises:
        MissingWeightsError: If ImageNet's weights were requested and are not available.
        ValueError: If the weights' file is not VGG-19's.
    """
    import numpy as np

    from nst_tf.transfer import stylize

    side = min(config.size or DEFAULT_SIZE, TRIAL_SIDE)
    trial = replace(config, size=side, scales=1, steps=1, start="content", stop_when=None, block="whole")
    picture = np.random.default_rng(0).random((side, side, 3), np.float32)
    paint = functools.partial(stylize, picture, picture)
    seconds = []
    for count in (1, 1, steps + 1):
        begun = time.perf_counter()
        paint(config=replace(trial, steps=count))
        seconds.append(time.perf_counter() - begun)
    first, one, several = seconds
    return Pace(startup=first - one, per_work=max(several - one, 1e-6) / (steps * side * side))
