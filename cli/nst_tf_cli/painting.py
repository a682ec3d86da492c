"""From two files to a third: what `stylize` and `demo` do."""

import functools
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import typer

from nst_tf.config import STARTS, WEIGHTS, StyleConfig
from nst_tf.images.picture import Picture
from nst_tf.images.reading import load_picture, load_start
from nst_tf.runs.memory import estimated_bytes
from nst_tf.scales.plan import Size, Stage, stages
from nst_tf.storage.free_memory import available_bytes
from nst_tf_cli.form import Form
from nst_tf_cli.keeping import Keeper
from nst_tf_cli.manner import Manner
from nst_tf_cli.options.like_option import Like
from nst_tf_cli.outputs import check_apart, check_intermediates
from nst_tf_cli.run import Run
from nst_tf_cli.terminal.errors import FAILED, fail, say
from nst_tf_cli.terminal.progress_bar import reporting
from nst_tf_cli.terminal.signals import exit_code, stop_on_signal
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow

if TYPE_CHECKING:
    from nst_tf.runs.metadata import Metadata

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
    manner: Manner,
    keeper: Keeper | None = None,
    like: Like | None = None,
) -> None:
    """Stylize a file after all that can go wrong early has been looked at, and save the result.

    Ctrl-C, SIGTERM and a closed terminal end the run after the current step, save what has been painted, and exit with
    128 and the signal's number; another Ctrl-C a second later gives up.
    """
    manner.form.check(output, overwrite=manner.overwrite or (keeper is not None and keeper.owns(output)))
    manner.recording.check(output, overwrite=manner.overwrite or (keeper is not None and keeper.resumes))
    _check_apart(output, _read_files(content, style, config, like), manner=manner, keeper=keeper)
    pictures = load_picture(content), load_picture(style)
    paint_pictures(pictures, output, files=(content, style), config=config, manner=manner, keeper=keeper, like=like)


def _read_files(content: Path, style: Path, config: StyleConfig, like: Like | None) -> dict[str, Path]:
    """Return the files that a run reads, by what they are to it."""
    files = {"the photograph": content, "the painting": style}
    named = {"--start": config.start, "--weights": config.weights}
    files |= {option: Path(name) for option, name in named.items() if name not in (*STARTS, *WEIGHTS)}
    return files | ({"--like": like.picture} if like else {})


def _check_apart(output: Path, read: dict[str, Path], *, manner: Manner, keeper: Keeper | None) -> None:
    """Refuse places that get in each other's way; only the result may replace what is read, if nothing is resumed."""
    recording, kept = manner.recording, {"--checkpoint": keeper.folder} if keeper else {}
    beside = {"--trace": recording.trace, "--tensorboard": recording.tensorboard, **kept}
    others = {option: path for option, path in beside.items() if path}
    check_apart({"--output": output, **others}, {})
    check_apart({"--output": output, **others} if keeper else others, read)
    if recording.save_every is not None:
        check_intermediates(output, {**others, **(read if manner.overwrite else {})})


def paint_pictures(
    pictures: tuple[Picture, Picture],
    output: Path,
    *,
    files: tuple[Path, Path],
    config: StyleConfig,
    manner: Manner,
    keeper: Keeper | None = None,
    like: Like | None = None,
) -> None:
    """Stylize a photograph like a painting, both read from `files`, as `paint` does."""
    photograph, size = pictures[0], pictures[0].image.shape[1:3]
    plan = stages(size, pictures[1].image.shape[1:3], config)
    if config.start not in STARTS:
        load_start(config.start)
    start_tensorflow()
    from nst_tf import Metadata
    from nst_tf.runs.provenance import origin

    notes = Metadata(provenance=origin(*files, config))
    needed = checked_memory(plan[-1].size, config, force=manner.force)
    with keeper.running(notes.provenance) if keeper else nullcontext():
        if not manner.quiet:
            if like and (changed := like.differences(notes.provenance)):
                say(changed, err=True)
            say(_announcement(size, plan, notes.provenance.config, needed), err=True)
        write = functools.partial(_write, photograph=photograph, form=manner.form)
        run = Run(output, write, notes, overwrite=manner.overwrite, recording=manner.recording, keeper=keeper)
        _paint(pictures, run, notes, config=config, quiet=manner.quiet, keeper=keeper)


def _paint(
    pictures: tuple[Picture, Picture],
    run: Run,
    notes: "Metadata",
    *,
    config: StyleConfig,
    quiet: bool,
    keeper: Keeper | None,
) -> None:
    """Stylize, save the result, and exit with a code of its own if that is not all that was asked for."""
    from nst_tf import stylize

    with stop_on_signal(STOPPING) as interrupted:
        with reporting(quiet=quiet) as report, run.watched(report, interrupted) as watch:
            result = stylize(
                *pictures,
                config=config,
                callback=watch,
                report_every=run.every,
                start=keeper.snapshot if keeper else None,
            )
        saved = run.save(result.image, notes.at_end(result))
    if run.stopped:
        told = f"Interrupted at step {result.steps} of {result.planned}; {saved} holds what was painted."
        fail(f"{told}{run.advice}", exit_code(interrupted()))
    if not quiet:
        say(str(saved), err=False)
    if not run.complete:
        raise typer.Exit(FAILED)


def checked_memory(painted: Size, config: StyleConfig, *, force: bool) -> float:
    """Return an estimate of the memory that a run takes, and refuse one that is not there."""
    import tensorflow as tf

    needed, free = estimated_bytes(painted, config), available_bytes()
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


def _write(
    path: Path, image: np.ndarray, notes: "Metadata", overwrite: bool, *, photograph: Picture, form: Form
) -> None:
    """Save a painting in its form with its notes, as opaque as the photograph is."""
    form.save(path, image, photograph, xmp=notes.xmp(), overwrite=overwrite)
