"""Paint a batch on a terminal, or say what it would do."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.batch.paths import paths_in, shown
from nst_tf.batch.record import Status
from nst_tf_cli.terminal.announcement import device_name
from nst_tf_cli.terminal.batch_display import BatchDisplay, duration
from nst_tf_cli.terminal.console import FAILED, complain, counted, printable, say
from nst_tf_cli.terminal.errors import INTERRUPTED, fail
from nst_tf_cli.terminal.option_words import in_options
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.signals import STOPPING, exit_code, stop_on_signal
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow

if TYPE_CHECKING:
    from nst_tf.batch.cluster import Cluster
    from nst_tf.batch.joblist import JobList
    from nst_tf.batch.preview import Preview
    from nst_tf.batch.record import Record


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


def paint_batch(jobs: "JobList", rows: Path, how: Mapping[str, Any], *, quiet: bool) -> Report:
    """Paint a batch, show it, and report it.

    The code is 1 if a picture failed, and 128 and the number of the signal if one has ended the batch.

    Args:
        jobs: The jobs.
        rows: File or URL for a row per picture.
        how: Further arguments of `nst_tf.paint_all`.
        quiet: Whether to print nothing but errors.
    """
    from nst_tf.batch.collisions import check_distinct
    from nst_tf.batch.engine import paint_all
    from nst_tf.batch.estimate import plan_of
    from nst_tf.batch.report import Report as Rows

    check_distinct(jobs.jobs)
    report = Rows(rows)
    start_tensorflow()
    plans = [[] if index in jobs.refused else plan_of(job) for index, job in enumerate(jobs.jobs)]
    if not quiet:
        largest = max((plan[-1].size for plan in plans if plan), key=max, default=(1, 1))
        say(_announcement(jobs, largest, how["cluster"]), err=True)
    display = BatchDisplay([sum(stage.work for stage in plan) for plan in plans], quiet=quiet, add_row=report.add)
    begun = time.monotonic()
    try:
        with report, stop_on_signal(STOPPING) as received, display:
            records = paint_all(jobs, on_event=display, should_stop=lambda: received() > 0, **how)
            report.finish(records)
    except KeyboardInterrupt:
        fail("Interrupted; the same command goes on from the last checkpoints.", INTERRUPTED)
    values = {**batch_values(records), "report": shown(rows), "ignored": jobs.ignored}
    values |= {"seconds": round(time.monotonic() - begun, 3), "warnings": display.warnings}
    ended = {record.status for record in records}
    if received() and ended & {Status.PENDING, Status.INTERRUPTED}:
        complain(printable(_interrupted(records)))
        return Report(values=values, code=exit_code(received()))
    code = FAILED if ended & {Status.FAILED, Status.PENDING} else 0
    return Report(values=values, text=printable(f"{summary(records)}; the report is {shown(rows)}"), code=code)


def batch_values(records: "Sequence[Record]") -> dict[str, Any]:
    """Return how many pictures ended in each way, and why some failed, as JSON values."""
    counts = Counter(record.status for record in records)
    failed = [record for record in records if record.status is Status.FAILED]
    failures = [{name: getattr(each, name) for name in ("content", "style", "output", "error")} for each in failed]
    return {"pictures": len(records), **{status.value: counts[status] for status in Status}, "failures": failures}


def summary(records: "Sequence[Record]") -> str:
    """Say how many pictures ended in each way."""
    counts = Counter(record.status for record in records)
    if set(counts) == {Status.SKIPPED}:
        return f"Nothing to do: {counted(len(records), 'picture')}, painted before"
    said = {Status.SKIPPED: "painted before"}
    ways = ", ".join(f"{count} {said.get(status, status.value)}" for status, count in counts.items())
    return f"{counted(len(records), 'picture')}: {ways}"


def preview_batch(jobs: "JobList", *, quiet: bool) -> Report:
    """Report what a batch would do, and how long that takes here; the code is 1 if a picture can't be painted."""
    from nst_tf.batch.collisions import check_distinct
    from nst_tf.batch.estimate import measure_pace
    from nst_tf.batch.preview import preview, seconds_of

    check_distinct(jobs.jobs)
    start_tensorflow()
    previews = list(preview(jobs))
    left = [each for each in previews if each.plan]
    refused = sum(each.error is not None for each in previews)
    counts = {"paint": len(left), "skip": len(previews) - len(left) - refused, "refuse": refused}
    seconds = seconds_of(left, measure_pace(left[0].job.config)) if left else 0.0
    takes = f": about {duration(seconds)} on this machine, one after the other" if left else ""
    total = f"{counts['paint']} to paint, {counts['skip']} painted before, {refused} that can't be painted"
    lines = [] if quiet else [printable(_line(each)) for each in previews]
    failures = [{"content": shown(each.job.content), "error": each.error} for each in previews if each.error]
    values = {"pictures": len(previews), **counts, "failures": failures, "ignored": jobs.ignored, "seconds": seconds}
    text = "\n".join([*lines, f"{counted(len(previews), 'picture')}: {total}{takes}"])
    return Report(values=values, text=text, asked=True, code=FAILED if refused else 0)


def _line(each: "Preview") -> str:
    """Say what would be done with one picture."""
    job = each.job
    name = f"{shown(job.content)} in the style of {', '.join(map(shown, paths_in(job.style)))} to {shown(job.output)}"
    if each.error or not each.found:
        return f"refuse  {name}: {in_options(each.error or '')}"
    if not each.plan:
        return f"skip    {name}: painted before"
    height, width = each.plan[-1].size
    begun = f", from step {each.found.step}" if each.found.step else ""
    return f"paint   {name}: {width}x{height} px, {sum(stage.steps for stage in each.plan)} steps{begun}"


def _announcement(jobs: "JobList", largest: tuple[int, int], cluster: "Cluster | None") -> str:
    """Say in one line what is painted and where."""
    others = f" ({counted(jobs.ignored, 'other file')} left out)" if jobs.ignored else ""
    pictures = f"Painting {counted(len(jobs.jobs), 'picture')}{others}, up to {max(largest)} px"
    if cluster:
        cores = counted(cluster.cpus_per_picture, "core")
        return f"{pictures}, on a Ray cluster ({cluster.address}), with {cores} each"
    from nst_tf.weights.sources import load_weights

    config = jobs.jobs[0].config
    return f"{pictures}, on {device_name()}, network {load_weights(config.weights, seed=config.seed).name}"


def _interrupted(records: "Sequence[Record]") -> str:
    begun = [record.output for record in records if record.status is Status.INTERRUPTED]
    saved = f" What was painted of {', '.join(begun)} is saved." if begun else ""
    return f"Interrupted: {summary(records)}.{saved} The same command goes on."
