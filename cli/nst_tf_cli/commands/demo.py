"""`nst-tf demo`: the bundled pictures."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf_cli.options.common import Output, Overwrite, Quiet
from nst_tf_cli.terminal.errors import report_errors
from nst_tf_cli.terminal.job_display import paint_job

ASSETS = Path(__file__).parents[1] / "assets"


@report_errors
def demo(
    output: Output = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    size: Annotated[int, typer.Option(help="Longer side of the result, px.")] = 256,
    steps: Annotated[int, typer.Option(help="Number of optimization steps.")] = 100,
) -> None:
    """Paint two bundled pictures; needs no arguments and no network connection."""
    from nst_tf.jobs.job import Job

    job = Job(
        content=bundled("scene.png"),
        style=bundled("painting.png"),
        output=output or Path("nst-tf-demo.png"),
        config=StyleConfig(size=size, steps=steps),
        overwrite=overwrite,
    )
    paint_job(job, quiet=quiet)


def bundled(name: str) -> Path:
    """Return the path of one of the pictures that come with the package."""
    return ASSETS / name
