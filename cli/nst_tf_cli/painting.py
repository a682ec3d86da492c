"""From two files to a third: what `stylize` and `demo` do."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import typer
from PIL import Image

from nst_tf.color import Picture
from nst_tf.config import StyleConfig
from nst_tf.image import check_output, load_picture, save_image
from nst_tf.sizes import Size, check_sizes, painted_size
from nst_tf_cli.failures import FAILED, INTERRUPTED, describe, fail
from nst_tf_cli.progress import reporting
from nst_tf_cli.quiet import start_tensorflow

if TYPE_CHECKING:
    from nst_tf.transfer import Painting


def bundled(name: str) -> Path:
    """Return the path of one of the pictures that come with the package."""
    return Path(__file__).parent / "assets" / name


def paint(content: Path, style: Path, output: Path, *, config: StyleConfig, overwrite: bool, quiet: bool) -> None:
    """Stylize a file after all that can go wrong early has been looked at, and save the result.

    Ctrl-C ends the run after the current step, saves what has been painted, and exits with 130; a second one ends
    the program at once.
    """
    check_output(output, overwrite=overwrite)
    photograph, painting = load_picture(content), load_picture(style)
    check_sizes(photograph.image.shape[1:3], painting.image.shape[1:3], config)
    start_tensorflow()
    from nst_tf import stylize, weights

    name = weights.load_weights(config.weights, seed=config.seed).name
    if not quiet:
        typer.echo(_announcement(photograph.image.shape[1:3], name, config), err=True)
    with _interruptible() as interrupted, reporting(config.steps, quiet=quiet) as report:
        result = stylize(
            photograph.image, painting.image, config=config, callback=lambda now: report(now) or interrupted()
        )
    saved = _save(output, result, photograph, overwrite=overwrite)
    if result.steps < config.steps:
        fail(f"Interrupted at step {result.steps} of {config.steps}; {saved} holds what was painted.", INTERRUPTED)
    if not quiet:
        typer.echo(saved)


def _announcement(shape: Size, weights: str, config: StyleConfig) -> str:
    """Say in one line what is painted and what it runs on."""
    import tensorflow as tf

    height, width = painted_size(shape, config)
    threads = tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count()
    gpus = [
        tf.config.experimental.get_device_details(gpu)["device_name"] for gpu in tf.config.list_physical_devices("GPU")
    ]
    device = gpus[0] if gpus else f"CPU, {threads} threads"
    reduced = f" (of {shape[1]}x{shape[0]}; --size for another)" if config.size is None and height < shape[0] else ""
    return f"Painting {width}x{height} px{reduced} on {device}, float32, weights {weights}"


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a flag; the second is a `KeyboardInterrupt` again."""
    asked = False

    def note(*_: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def _save(output: Path, result: "Painting", photograph: Picture, *, overwrite: bool) -> Path:
    """Save a painting; where that has become impossible, save it elsewhere and say so."""
    alpha = _alpha_like(result.image, photograph.alpha)
    try:
        save_image(output, result.image, alpha=alpha, overwrite=overwrite)
        return output
    except OSError as error:
        refuge = Path(tempfile.mkdtemp(prefix="nst-tf-")) / output.name
        save_image(refuge, result.image, alpha=alpha)
        fail(f"{describe(error)} The painting is in {refuge}.", FAILED)


def _alpha_like(image: np.ndarray, alpha: np.ndarray | None) -> np.ndarray | None:
    if alpha is None:
        return None
    size = (image.shape[2], image.shape[1])
    return np.asarray(Image.fromarray(alpha[0, :, :, 0]).resize(size, Image.Resampling.BOX))
