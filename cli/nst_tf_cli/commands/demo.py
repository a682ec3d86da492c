"""`nst-tf demo`: the bundled pictures."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf_cli.options.common import Overwrite, ProgressEvery, Quiet, Show, result_option
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.terminal.job_display import paint_job
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.watching import Watching

ASSETS = Path(__file__).parents[1] / "assets"


@reported
def demo(
    output: Annotated[Path | None, result_option("nst-tf-demo.png")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    show: Show = False,
    progress_every: ProgressEvery = None,
    size: Annotated[int, typer.Option(metavar="PX", help="Longer side of the result, px.")] = 256,
    steps: Annotated[int, typer.Option(help="Steps at the result's size; smaller sizes come first.")] = 100,
) -> Report:
    """Paint two bundled pictures; needs no arguments, and works without a network connection."""
    from nst_tf.jobs.job import Job

    job = Job(
        content=bundled("scene.png"),
        style=bundled("painting.png"),
        output=output or Path("nst-tf-demo.png"),
        config=StyleConfig(size=size, steps=steps),
        overwrite=overwrite,
    )
    return paint_job(job, Watching(quiet=quiet, show=show, progress_every=progress_every))


def bundled(name: str) -> Path:
    """Return the path of one of the pictures that come with the package."""
    return ASSETS / name
