"""`nst-tf resume`: continue an interrupted run."""

import functools
from pathlib import Path
from typing import Annotated

import typer

from nst_tf_cli.options.common import ProgressEvery, Quiet, Show
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.terminal.errors import option_name
from nst_tf_cli.terminal.job_display import show_job
from nst_tf_cli.terminal.job_messages import quoted
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_cli.terminal.watching import Watching


@reported
def resume(
    folder: Annotated[Path, typer.Argument(help="What stylize --checkpoint named.")],
    quiet: Quiet = False,
    show: Show = False,
    progress_every: ProgressEvery = None,
) -> Report:
    """Resume an interrupted or killed run, to the same painting; the folder holds its options."""
    from nst_tf.jobs.errors import NoRunError
    from nst_tf.jobs.paint import resume
    from nst_tf.jobs.run_folder import holds_copy_alone

    if not holds_copy_alone(folder):
        start_tensorflow()
    try:
        watching = Watching(quiet=quiet, show=show, progress_every=progress_every)
        return show_job(functools.partial(resume, folder, label=option_name), watching)
    except NoRunError as error:
        raise FileNotFoundError(
            f"{folder} holds no unfinished run; stylize --checkpoint {quoted(folder)} begins one."
        ) from error
