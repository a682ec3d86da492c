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
from nst_tf.memory import available_bytes, estimated_bytes
from nst_tf.sizes import Size, Stage, stages
from nst_tf_cli.failures import FAILED, INTERRUPTED, describe, fail, say
from nst_tf_cli.like import Like
from nst_tf_cli.progress import reporting
from nst_tf_cli.quiet import start_tensorflow
from nst_tf_cli.recording import Recording

if TYPE_CHECKING:
    from nst_tf.notes import Notes
    from nst_tf.progress import Progress

STOPPING = "Stopping after this step, to save what has been painted; Ctrl-C once more to give up."


def bundled(name: str) -> Path:
    """Return the path of one of the pictures that come with the package."""
    return Path(__file__).parent / "assets" / name


def paint(
    content: Path,
    style: Path,
    output: Path,
    *,
    config: StyleConfig,
    overwrite: bool,
    quiet: bool,
    recording: Recording = Recording(),  # noqa: B008 (frozen)
    force: bool = False,
    like: Like | None = None,
) -> None:
    """Stylize a file after all that can go wrong early has been looked at, and save the result.

    Ctrl-C ends the run after the current step, saves what has been painted, and exits with 130; another one a second
    later gives up.
    """
    check_output(output, overwrite=overwrite)
    recording.check(output, overwrite=overwrite)
    photograph, painting = load_picture(content), load_picture(style)
    paint_pictures(
        photograph,
        painting,
        output,
        files=(content, style),
        config=config,
        overwrite=overwrite,
        quiet=quiet,
        recording=recording,
        force=force,
        like=like,
    )


def paint_pictures(
    photograph: Picture,
    painting: Picture,
    output: Path,
    *,
    files: tuple[Path, Path],
    config: StyleConfig,
    overwrite: bool,
    quiet: bool,
    recording: Recording = Recording(),  # noqa: B008 (frozen)
    force: bool = False,
    like: Like | None = None,
) -> None:
    """Stylize a picture that has been read from `files`, as `paint` does."""
    plan = stages(photograph.image.shape[1:3], painting.image.shape[1:3], config)
    if config.start not in STARTS:
        load_start(config.start)
    start_tensorflow()
    from nst_tf import Notes, stylize
    from nst_tf.optimization import DivergedError
    from nst_tf.provenance import origin

    logging.getLogger("nst_tf").setLevel(logging.ERROR if quiet else logging.WARNING)
    notes = Notes(provenance=origin(*files, config))
    resolved = notes.provenance.config
    needed = checked_memory(plan[-1].size, resolved.precision, config, force=force)
    if not quiet:
        if like and (changed := like.differences(notes.provenance)):
            say(changed, err=True)
        say(_announcement(photograph.image.shape[1:3], plan, resolved, needed), err=True)
    with (
        interruptible(STOPPING) as interrupted,
        reporting(quiet=quiet) as report,
        recording.callbacks(output, notes=notes, overwrite=overwrite) as recorders,
    ):

        def watch(now: "Progress") -> bool:
            for each in (report, *recorders):
                each(now)
            return interrupted()

        try:
            result = stylize(
                photograph.image, painting.image, config=config, callback=watch, report_every=recording.every
            )
        except DivergedError as error:
            if error.image is None:
                raise
            saved = _save(output, error.image, photograph, notes, overwrite=overwrite)
            fail(f"{error} {saved} holds the last good picture.", FAILED)
        saved = _save(output, result.image, photograph, notes.at_end(result), overwrite=overwrite)
    steps = sum(stage.steps for stage in plan)
    if interrupted() and result.steps < steps:  # a Ctrl-C after the last step has interrupted nothing
        fail(f"Interrupted at step {result.steps} of {steps}; {saved} holds what was painted.", INTERRUPTED)
    if not quiet:
        say(str(saved), err=False)


def checked_memory(painted: Size, arithmetic: str, config: StyleConfig, *, force: bool) -> float:
    """Return an estimate of the memory that a run takes, and refuse one that is not there."""
    import tensorflow as tf

    needed, free = estimated_bytes(painted, arithmetic, config), available_bytes()
    if needed > free and not force and not tf.config.list_physical_devices("GPU"):
        raise ValueError(
            f"{painted[1]}x{painted[0]} px take about {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free; "
            "choose a smaller --size, or --force it."
        )
    return needed


def _announcement(photograph: Size, plan: list[Stage], resolved: StyleConfig, needed: float) -> str:
    """Say in one line what is painted and what it runs on."""
    height, width = painted = plan[-1].size
    reduced = "" if painted == photograph else f" (of {photograph[1]}x{photograph[0]}; --size for another)"
    scales = f" by way of {', '.join(str(max(stage.size)) for stage in plan[:-1])}" if len(plan) > 1 else ""
    hardware = machine(resolved.precision, needed)
    return f"Painting {width}x{height} px{reduced}{scales} on {hardware}, weights {resolved.weights}"


def machine(arithmetic: str, needed: float) -> str:
    """Describe what a run computes on and in, and how many bytes of memory it takes."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = tf.config.threading.get_intra_op_parallelism_threads() or cores
    device = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else "CPU"
    memory = "" if gpus else f", about {needed / 1e9:.1f} GB"
    return f"{device}, {threads} threads, {arithmetic}{memory}"


@contextmanager
def interruptible(told: str) -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a flag, and tell what that means; another one a second later is one again."""
    asked: list[float] = []

    def note(*_: object) -> None:
        if asked and time.monotonic() - asked[0] > 1:
            raise KeyboardInterrupt
        if not asked:
            asked.append(time.monotonic())
            say(told, err=True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN if asked else before)  # a double tap may come late


def _save(output: Path, image: np.ndarray, photograph: Picture, notes: "Notes", *, overwrite: bool) -> Path:
    """Save a painting, whatever key is pressed; where that has become impossible, save it elsewhere and say so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    alpha, xmp = _alpha_like(image, photograph.alpha), notes.xmp()
    try:
        save_image(output, image, alpha=alpha, xmp=xmp, overwrite=overwrite)
        return output
    except Exception as error:  # a painting of hours may not be lost to whatever this is
        refuge = Path(tempfile.mkdtemp(prefix="nst-tf-")) / "painting.png"
        save_image(refuge, image, alpha=alpha, xmp=xmp)
        fail(f"{describe(error)} The painting is in {refuge}.", FAILED)


def _alpha_like(image: np.ndarray, alpha: np.ndarray | None) -> np.ndarray | None:
    if alpha is None:
        return None
    size = (image.shape[2], image.shape[1])
    return np.asarray(Image.fromarray(alpha[0, :, :, 0]).resize(size, Image.Resampling.BOX))
