"""From two files to a third: what `stylize` and `demo` do."""

import logging
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from nst_tf.color import Picture
from nst_tf.config import STARTS, StyleConfig
from nst_tf.image import check_output, load_picture, load_start, save_image
from nst_tf.sizes import Size, check_sizes, painted_size
from nst_tf_cli.failures import FAILED, INTERRUPTED, describe, fail, say
from nst_tf_cli.progress import reporting
from nst_tf_cli.quiet import start_tensorflow

if TYPE_CHECKING:
    from nst_tf.transfer import Painting


def bundled(name: str) -> Path:
    """Return the path of one of the pictures that come with the package."""
    return Path(__file__).parent / "assets" / name


def demo_config(*, size: int, steps: int) -> StyleConfig:
    """Return the demo's settings: more style, and smoother, than a network that was trained would need."""
    return StyleConfig(weights="builtin", size=size, steps=steps, content_weight=0.05, tv_weight=1.0)


def paint(content: Path, style: Path, output: Path, *, config: StyleConfig, overwrite: bool, quiet: bool) -> None:
    """Stylize a file after all that can go wrong early has been looked at, and save the result.

    Ctrl-C ends the run after the current step, saves what has been painted, and exits with 130; another one a second
    later gives up.
    """
    check_output(output, overwrite=overwrite)
    photograph, painting = load_picture(content), load_picture(style)
    check_sizes(photograph.image.shape[1:3], painting.image.shape[1:3], config)
    if config.start not in STARTS:
        load_start(config.start)
    start_tensorflow()
    from nst_tf import stylize, weights

    logging.getLogger("nst_tf").setLevel(logging.ERROR if quiet else logging.WARNING)
    name = weights.load_weights(config.weights, seed=config.seed).name
    if not quiet:
        say(_announcement(photograph.image.shape[1:3], name, config), err=True)
    with _interruptible() as interrupted, reporting(config.steps, quiet=quiet) as report:
        result = stylize(
            photograph.image, painting.image, config=config, callback=lambda now: report(now) or interrupted()
        )
        saved = _save(output, result, photograph, overwrite=overwrite)
    if result.steps < config.steps:
        fail(f"Interrupted at step {result.steps} of {config.steps}; {saved} holds what was painted.", INTERRUPTED)
    if not quiet:
        say(str(saved), err=False)


def _announcement(photograph: Size, weights: str, config: StyleConfig) -> str:
    """Say in one line what is painted and what it runs on."""
    import tensorflow as tf

    height, width = painted = painted_size(photograph, config)
    reduced = "" if painted == photograph else f" (of {photograph[1]}x{photograph[0]}; --size for another)"
    gpus = tf.config.list_physical_devices("GPU")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = tf.config.threading.get_intra_op_parallelism_threads() or cores
    device = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else "CPU"
    return f"Painting {width}x{height} px{reduced} on {device}, {threads} threads, float32, weights {weights}"


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a flag; another one a second later, when it is no double tap, is one again."""
    asked: list[float] = []

    def note(*_: object) -> None:
        if asked and time.monotonic() - asked[0] > 1:
            raise KeyboardInterrupt
        if not asked:
            asked.append(time.monotonic())
            say("Stopping after this step, to save what has been painted; Ctrl-C once more to give up.", err=True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN if asked else before)  # a double tap may come late


def _save(output: Path, result: "Painting", photograph: Picture, *, overwrite: bool) -> Path:
    """Save a painting, whatever key is pressed; where that has become impossible, save it elsewhere and say so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    alpha = _alpha_like(result.image, photograph.alpha)
    try:
        save_image(output, result.image, alpha=alpha, overwrite=overwrite)
        return output
    except Exception as error:  # a painting of hours may not be lost to whatever this is
        refuge = Path(tempfile.mkdtemp(prefix="nst-tf-")) / "painting.png"
        save_image(refuge, result.image, alpha=alpha)
        fail(f"{describe(error)} The painting is in {refuge}.", FAILED)


def _alpha_like(image: np.ndarray, alpha: np.ndarray | None) -> np.ndarray | None:
    if alpha is None:
        return None
    size = (image.shape[2], image.shape[1])
    return np.asarray(Image.fromarray(alpha[0, :, :, 0]).resize(size, Image.Resampling.BOX))
