"""From picture files to a painting's file: run a job, watch it, stop it, resume it.

from nst_tf.jobs.job import Job
from nst_tf.jobs.paint import paint, resume

result = paint(Job(content=Path("photo.jpg"), style=Path("painting.jpg"), output=Path("out.png")))
"""

import dataclasses
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nst_tf.config import STARTS, WEIGHTS
from nst_tf.images.paging import split_page
from nst_tf.images.picture import Picture, numbered
from nst_tf.images.reading import load_picture, load_start
from nst_tf.images.regions import add_masks, arrange
from nst_tf.images.writing import check_output
from nst_tf.jobs.events import OnEvent, Resumed, Started, ignore, never
from nst_tf.jobs.job import Job, Label
from nst_tf.jobs.memory import plan_memory
from nst_tf.jobs.no_run_folder import AnyRunFolder, NoRunFolder, run_folder_of
from nst_tf.jobs.outputs import check_apart, check_intermediates
from nst_tf.jobs.recording import check_recordings
from nst_tf.jobs.run import Run
from nst_tf.jobs.run_folder import RunFolder, finished_copy, holds_copy_alone
from nst_tf.saved_styles import AnyStyle, check_filters, plan_run
from nst_tf.style_files import load_any_style

if TYPE_CHECKING:
    from nst_tf.runs.painting import Painting

Pictures = tuple[Picture, tuple[AnyStyle, ...]]
"""Content and styles."""


class State(enum.Enum):
    """How a job ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    PUBLISHED = "published"
    """The painting, finished by an earlier process, has now been published."""
    STORED = "stored"
    """The painting was published before; the run's folder still holds a copy."""


@dataclass(frozen=True, kw_only=True, eq=False)
class JobResult:
    """The result of a job.

    Attributes:
        state: How it ended.
        path: Where the picture is.
        painting: The picture, and the steps that it took; None if it had been painted before.
        complete: Whether every other requested output was saved at its place.
    """

    state: State
    path: Path
    painting: "Painting | None" = None
    complete: bool = True


def paint(
    job: Job,
    *,
    folder: AnyRunFolder | None = None,
    pictures: Pictures | None = None,
    on_event: OnEvent = ignore,
    should_stop: Callable[[], bool] = never,
    label: Label = str,
) -> JobResult:
    """Stylize a file and save the result, after checking everything that can fail early.

    Args:
        job: What to paint.
        folder: The run's folder; if None, the one that the job names.
        pictures: Content and styles if they are loaded already, and the job has been checked.
        on_event: Receives the job's events.
        should_stop: Asked a few times a second, or after each step that takes longer; returning `True` ends the run,
            and saves what was painted.
        label: How error messages name a field of the job or a setting.

    Raises:
        ValueError: If the job's settings, pictures or paths are not valid.
        OSError: If a file or folder is missing, can't be read, or may not be written.
        JobError: If the run fails after it has begun; it says where the picture is.
    """
    folder = folder or run_folder_of(job)
    job = job.from_here()
    content, styles = pictures or load_inputs(job, folder=folder, label=label)
    from nst_tf.runs.metadata import Metadata
    from nst_tf.runs.provenance import provenance_of

    plan, sizes = plan_run(content, styles, job.config), [style.size for style in styles]
    config, memory = plan_memory(plan[-1].size, job.config, force=job.force, styles=sizes, label=label)
    job = dataclasses.replace(job, config=config)
    masks = job.content_mask, job.style_mask
    notes = Metadata(provenance=provenance_of(job.content, job.styles, job.config, masks=masks))
    check_filters(styles, notes.provenance.weights, notes.provenance.config.weights)
    with folder.running(notes.provenance):
        on_event(Started(job=job, provenance=notes.provenance, content_size=content.size, plan=plan, memory=memory))
        run = Run(job, content, notes, folder=folder, on_event=on_event)
        return _paint(run, (content, styles), folder=folder, should_stop=should_stop)


def resume(
    folder: Path,
    *,
    job: Job | None = None,
    on_event: OnEvent = ignore,
    should_stop: Callable[[], bool] = never,
    label: Label = str,
) -> JobResult:
    """Resume a run from its newest checkpoint; the painting equals that of an uninterrupted run.

    Args:
        folder: The folder that the job named for its checkpoints.
        job: The job, if its files have other paths now; its settings are those of the checkpoint.
        on_event: As `paint` takes it.
        should_stop: As `paint` takes it.
        label: As `paint` takes it.

    Raises:
        NoRunError: If the folder holds no unfinished run.
        FileExistsError: If another file exists at the result's path.
        ValueError: If all checkpoints are damaged, or the run depends on something that has changed.
        OSError: As `paint` does.
        JobError: As `paint` does.
    """
    if holds_copy_alone(folder) and (copy := finished_copy(folder)):
        return JobResult(state=State.STORED, path=copy)
    run = RunFolder.open(folder, job=job, on_event=on_event)
    job = run.job
    for path in (job.output, job.trace):
        if path and path.exists() and not job.overwrite and not run.is_own_file(path):
            raise FileExistsError(f"{path} exists, and is not of this run; move it away, and resume again.")
    if finished := finished_copy(folder):
        return _publish(finished, run)
    on_event(Resumed(step=run.step))
    return paint(job, folder=run, on_event=on_event, should_stop=should_stop, label=label)


def load_inputs(
    job: Job, *, folder: AnyRunFolder | None = None, label: Label = str, also_read: Mapping[str, Path] | None = None
) -> Pictures:
    """Check everything about a job that needs no TensorFlow, and load its pictures.

    Args:
        job: What to paint, with names that hold in the current folder.
        folder: The run's folder.
        label: As `paint` takes it.
        also_read: Name to another file that is read, and so may not be written.

    Raises:
        ValueError: As `paint` does.
        OSError: As `paint` does.
    """
    folder = folder or NoRunFolder()
    check_output(job.output, overwrite=job.overwrite or folder.is_own_file(job.output), bit_depth=job.bit_depth)
    check_recordings(job, overwrite=job.overwrite or folder.resumes, label=label)
    _check_apart(job, _read_files(job, label) | dict(also_read or {}), label=label)
    content, styles = load_picture(job.content), tuple(load_any_style(style) for style in job.styles)
    pictures = add_masks(content, styles, content_mask=job.content_mask, style_mask=job.style_mask)
    arrange(*pictures, job.config)
    plan_run(*pictures, job.config)
    if job.config.start not in STARTS:
        load_start(job.config.start)
    return pictures


def _read_files(job: Job, label: Label) -> dict[str, Path]:
    """Return the files that a job reads, keyed by their names in error messages."""
    named = {"start": job.config.start, "weights": job.config.weights}
    files = {"content": job.content}
    files |= {name: Path(value) for name, value in named.items() if value not in (*STARTS, *WEIGHTS)}
    styles = {numbered(label("style"), number, len(job.styles)): path for number, path in enumerate(job.styles, 1)}
    masks = {
        numbered(label(name), number, len(paths)): path
        for name, paths in (("content_mask", job.content_mask), ("style_mask", job.style_mask))
        for number, path in enumerate(paths, 1)
    }
    named_files = {label(name): path for name, path in files.items()} | styles | masks
    return {name: split_page(path)[0] for name, path in named_files.items()}


def _check_apart(job: Job, read: Mapping[str, Path], *, label: Label) -> None:
    """Refuse conflicting paths; only the result may replace an input, and only without checkpoints."""
    beside = {"trace": job.trace, "tensorboard": job.tensorboard, "checkpoint": job.checkpoint}
    others = {label(name): path for name, path in beside.items() if path}
    outputs = {label("output"): job.output, **others}
    check_apart(outputs, {})
    check_apart(outputs if job.checkpoint else others, read)
    if job.save_every is not None:
        taken = {**others, **(read if job.overwrite else {})}
        check_intermediates(job.output, taken, option=label("save_every"))


def _paint(run: Run, pictures: Pictures, *, folder: AnyRunFolder, should_stop: Callable[[], bool]) -> JobResult:
    """Stylize, and save the result."""
    from nst_tf.transfer import stylize

    with run.watched(should_stop) as watch:
        painting = stylize(
            *pictures,
            config=run.job.config,
            callback=watch,
            report_every=run.every,
            start=folder.snapshot,
        )
    path = run.save(painting.image, run.notes.at_end(painting))
    state = State.INTERRUPTED if run.stopped else State.FINISHED
    return JobResult(state=state, path=path, painting=painting, complete=run.complete)


def _publish(finished: Path, run: RunFolder) -> JobResult:
    """Publish a painting that was finished when its process was killed."""
    output = run.job.output
    with run.claimed():
        if not (output.is_file() and output.read_bytes() == finished.read_bytes()):
            run.publish(finished, output, overwrite=run.job.overwrite or run.is_own_file(output))
        run.remove_temporary_files()
        run.finish()
    return JobResult(state=State.PUBLISHED, path=output)
