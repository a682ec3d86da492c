"""Paint a batch on a terminal, or say what it would do; exit with a code."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from nst_tf_cli.terminal.announcement import describe_hardware
from nst_tf_cli.terminal.batch_display import BatchDisplay, duration
from nst_tf_cli.terminal.console import FAILED, answer, counted, printable, say
from nst_tf_cli.terminal.errors import INTERRUPTED, fail
from nst_tf_cli.terminal.signals import exit_code, stop_on_signal
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow

if TYPE_CHECKING:
    from nst_tf.batch.cluster import Cluster
    from nst_tf.batch.joblist import JobList
    from nst_tf.batch.preview import Preview
    from nst_tf.batch.record import Record

STOPPING = "Stopping after this step, to save what has been painted; Ctrl-C once more to give up."


def check_styles(styles: Sequence[str]) -> None:
    """Refuse a style that can't be read, which would cost every picture.

    Raises:
        OSError: If it does not exist, or can't be read.
        ValueError: If it is not a picture.
    """
    from nst_tf.storage.path_checks import address
    from nst_tf.style_files import load_any_style

    for style in styles:
        if not address(style):
            load_any_style(Path(style))


def paint_batch(jobs: "JobList", report: Path, how: Mapping[str, Any], *, quiet: bool) -> None:
    """Paint a batch, show it, and exit with 1 if a picture failed, or with 128 and the number of a signal.

    Args:
        jobs: The jobs.
        report: File or URL of the report.
        how: Further arguments of `nst_tf.paint_all`.
        quiet: Whether to print nothing but errors.
    """
    from nst_tf.batch.collisions import check_distinct
    from nst_tf.batch.engine import paint_all
    from nst_tf.batch.estimate import plan_of
    from nst_tf.batch.paths import shown
    from nst_tf.batch.report import Report

    check_distinct(jobs.jobs)
    rows = Report(report)
    start_tensorflow()
    plans = [[] if index in jobs.refused else plan_of(job) for index, job in enumerate(jobs.jobs)]
    if not quiet:
        largest = max((plan[-1].size for plan in plans if plan), key=max, default=(1, 1))
        say(_announcement(jobs, largest, how["cluster"]), err=True)
    display = BatchDisplay([sum(stage.work for stage in plan) for plan in plans], quiet=quiet, add_row=rows.add)
    try:
        with rows, stop_on_signal(STOPPING) as received, display:
            records = paint_all(jobs, on_event=display, should_stop=lambda: received() > 0, **how)
            rows.finish(records)
    except KeyboardInterrupt:
        fail("Interrupted; the same command goes on from the last checkpoints.", INTERRUPTED)
    if received() and any(record.status.value in ("pending", "interrupted") for record in records):
        _say_interrupted(records, exit_code(received()))
    if not quiet:
        say(printable(f"{summary(records)}; the report is {shown(report)}"), err=False)
    if any(record.status.value in ("failed", "pending") for record in records):
        raise typer.Exit(FAILED)


def summary(records: "Sequence[Record]") -> str:
    """Say how many pictures ended in each way."""
    counts = Counter(record.status.value for record in records)
    return f"{counted(len(records), 'picture')}: {', '.join(f'{count} {status}' for status, count in counts.items())}"


def show_preview(jobs: "JobList", *, quiet: bool) -> None:
    """Say what a batch would do, and how long that takes here; exit with 1 if a picture can't be painted."""
    from nst_tf.batch.collisions import check_distinct
    from nst_tf.batch.estimate import measure_pace
    from nst_tf.batch.preview import preview, seconds_of

    check_distinct(jobs.jobs)
    start_tensorflow()
    previews = []
    for each in preview(jobs):
        previews.append(each)
        if not quiet:
            answer(printable(_line(each)))
    left = [each for each in previews if each.plan]
    refused = sum(each.error is not None for each in previews)
    counts = f"{len(left)} to paint, {len(previews) - len(left) - refused} done, {refused} that can't be painted"
    takes = ""
    if left:
        seconds = seconds_of(left, measure_pace(left[0].job.config))
        takes = f": about {duration(seconds)} on this machine, one after the other"
    answer(f"{counted(len(previews), 'picture')}: {counts}{takes}")
    if refused:
        raise typer.Exit(FAILED)


def _line(each: "Preview") -> str:
    """Say what would be done with one picture."""
    from nst_tf.batch.paths import paths_in, shown

    job = each.job
    name = f"{shown(job.content)} in the style of {', '.join(map(shown, paths_in(job.style)))} to {shown(job.output)}"
    if each.error or not each.found:
        return f"refuse  {name}: {each.error}"
    if not each.plan:
        return f"skip    {name}: done"
    height, width = each.plan[-1].size
    begun = f", from step {each.found.step}" if each.found.step else ""
    return f"paint   {name}: {width}x{height} px, {sum(stage.steps for stage in each.plan)} steps{begun}"


def _announcement(jobs: "JobList", largest: tuple[int, int], cluster: "Cluster | None") -> str:
    """Say in one line what is painted and what it runs on."""
    pictures = f"Painting {counted(len(jobs.jobs), 'picture')}, up to {max(largest)} px"
    if cluster:
        cores = counted(cluster.cpus_per_picture, "core")
        return f"{pictures}, on a Ray cluster ({cluster.address}), with {cores} each"
    from nst_tf.network.precision import resolved_precision
    from nst_tf.runs.memory import estimated_bytes
    from nst_tf.weights.sources import load_weights

    config = jobs.jobs[0].config
    hardware = describe_hardware(resolved_precision(config.precision), estimated_bytes(largest, config))
    weights = load_weights(config.weights, seed=config.seed).name
    return f"{pictures}, on {hardware}, weights {weights}"


def _say_interrupted(records: "Sequence[Record]", code: int) -> NoReturn:
    begun = [record.output for record in records if record.status.value == "interrupted"]
    saved = f" What was painted of {', '.join(begun)} is saved." if begun else ""
    fail(printable(f"Interrupted: {summary(records)}.{saved} The same command goes on."), code)
