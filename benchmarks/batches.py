"""Measure batches: `python -m benchmarks.batches overhead`, and `slots`, for the tables of docs/batch.md."""

import datetime
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from nst_tf.batch.cluster import Cluster
from nst_tf.batch.paths import run_folder_beside
from nst_tf.config import StyleConfig
from nst_tf.jobs.job import Job
from nst_tf.runs.provenance import installed_versions
from tools.compare_networks.document import table, write_block

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Document = Annotated[Path, typer.Option(help="Markdown file that gets the table.")]
DOCUMENT = Path("docs/batch.md")
ASSETS = Path("cli/nst_tf_cli/assets").absolute()
SHARE = 100_000
"""Pictures whose cost is told."""


@app.command()
def overhead(
    pictures: Annotated[int, typer.Option(help="Pictures to paint, both ways.")] = 40,
    size: Annotated[int, typer.Option(help="Longer side, pixels.")] = 128,
    steps: Annotated[int, typer.Option(help="Steps at the full size.")] = 20,
    document: Document = DOCUMENT,
) -> None:
    """Compare the processor time of a batch with that of painting arrays, picture by picture in turn."""
    from nst_tf.batch.worker import attempt
    from nst_tf.images.reading import load_picture
    from nst_tf.transfer import stylize

    config = StyleConfig(weights="builtin", size=size, steps=steps)
    pure, whole = [], []
    with tempfile.TemporaryDirectory() as name:
        jobs = make_jobs(Path(name), pictures + 1, config)
        for job in jobs:  # the first of them compiles
            content, style = load_picture(job.content), load_picture(job.style)
            pure.append(processor_time(lambda: stylize(content, style, config=config)))  # noqa: B023
            whole.append(processor_time(lambda: attempt(job)))  # noqa: B023
    ratio = sum(whole[1:]) / sum(pure[1:])
    typer.echo(f"{ratio:.3f}")
    body = (
        f"{machine()}: {pictures} pictures of {size} px, {steps} steps at the full size, in turn: painting the arrays "
        f"takes {np.mean(pure[1:]):.2f} s of processor time per picture, and with reading, hashing, checkpoints, "
        f"metadata and writing {np.mean(whole[1:]):.2f} s, {ratio:.3f} times as much."
    )
    write_block(document, "overhead", body)


@app.command()
def slots(
    size: Annotated[list[int], typer.Option(help="Longer side, pixels; repeatable.")] = [64, 128, 256, 512],  # noqa: B006
    pictures: Annotated[int, typer.Option(help="Pictures per actor, after the one that compiles.")] = 3,
    steps: Annotated[int, typer.Option(help="Steps at the full size; the cost is told for the default.")] = 60,
    document: Document = DOCUMENT,
) -> None:
    """Compare two actors of one core with one actor of two cores, by the size of the pictures."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    rows = []
    for pixels in size:
        config = StyleConfig(weights="builtin", size=pixels, steps=steps)
        found = {cores: seconds_per_picture(config, cores=cores, pictures=pictures) for cores in (1, 2)}
        best = min(found.values()) * StyleConfig().steps / steps
        hours = f"{SHARE * best / 3600:,.0f}"
        rows.append([str(pixels), *(f"{found[cores]:.2f}" for cores in (1, 2)), f"{found[1] / found[2]:.2f}", hours])
        typer.echo(" | ".join(rows[-1]))
    summary = (
        f"{machine()}; load {os.getloadavg()[0]:.0f} when it ended. Seconds per picture with {steps} steps at the full "
        f"size and half as many at each smaller one, and machine-hours for {SHARE:,} pictures with the default of "
        f"{StyleConfig().steps} steps on a machine like this, with the better of the two."
    )
    header = ["Longer side, px", "two actors of one core", "one actor of two", "ratio", f"hours for {SHARE:,}"]
    write_block(document, "slots", f"{summary}\n\n{table(header, rows, texts=0)}")


def seconds_per_picture(config: StyleConfig, *, cores: int, pictures: int) -> float:
    """Return the seconds per picture of two cores, used by one actor or by two; the first pictures are left out."""
    import nst_tf

    actors = 2 // cores
    with tempfile.TemporaryDirectory() as name:
        jobs = make_jobs(Path(name), actors * (pictures + 1), config)
        records = nst_tf.paint_all(jobs, cluster=Cluster(cpus_per_picture=cores))
    if errors := [record.error for record in records if record.error]:
        raise RuntimeError(errors[0])
    seconds = sorted(record.seconds for record in records)[:-actors]  # the slowest are those that compiled
    return float(np.mean(seconds)) / actors


def make_jobs(folder: Path, count: int, config: StyleConfig) -> list[Job]:
    """Return jobs for copies of the demo's photograph in the size to paint."""
    jobs = []
    with Image.open(ASSETS / "scene.png") as scene:
        longer = max(scene.size)
        for number in range(count):
            content, output = folder / f"{number}.png", folder / "out" / f"{number}.png"
            reduced = [round(side * (config.size or longer) / longer) for side in scene.size]
            scene.convert("RGB").resize((reduced[0], reduced[1])).save(content)
            run = run_folder_beside(output)
            jobs.append(
                Job(content=content, style=ASSETS / "painting.png", output=output, config=config, checkpoint=run)
            )
    return jobs


def processor_time(work: Callable[[], object]) -> float:
    """Return the seconds of processor time that all threads of this process take for some work."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def machine() -> str:
    """Describe the machine, the versions and the date in one line."""
    versions = ", ".join(f"{name} {version}" for name, version in installed_versions().items())
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {versions}; {today}"


if __name__ == "__main__":
    app()
