"""`nst-tf resume`: continue an interrupted run."""

import functools
from pathlib import Path
from typing import Annotated

import typer

from nst_tf_cli.options.common import Quiet
from nst_tf_cli.terminal.errors import option_name, report_errors
from nst_tf_cli.terminal.job_display import quoted, show_job
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow


@report_errors
def resume(
    folder: Annotated[Path, typer.Argument(help="What stylize --checkpoint named.")], quiet: Quiet = False
) -> None:
    """Resume an interrupted or killed run, to the same painting; the folder holds its options."""
    from nst_tf.jobs.errors import NoRunError
    from nst_tf.jobs.paint import resume
    from nst_tf.jobs.run_folder import holds_copy_alone

    if not holds_copy_alone(folder):
        start_tensorflow()
    try:
        show_job(functools.partial(resume, folder, label=option_name), quiet=quiet)
    except NoRunError as error:
        raise FileNotFoundError(
            f"{folder} holds no unfinished run; stylize --checkpoint {quoted(folder)} begins one."
        ) from error
