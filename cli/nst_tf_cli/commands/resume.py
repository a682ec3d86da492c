"""A run that goes on: what `nst-tf resume` does."""

import os
from pathlib import Path

from nst_tf.jobs.checkpoints import Job, checkpoint_files, finished_painting, read_checkpoint
from nst_tf.jobs.job import Manner
from nst_tf.jobs.paint import paint
from nst_tf.jobs.recording import Recording
from nst_tf.jobs.run_folder import Keeper
from nst_tf.jobs.saving import Form
from nst_tf_cli.terminal.errors import say
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow


def resume(folder: Path, *, quiet: bool) -> None:
    """Carry a run on from its newest checkpoint, as if it had never ended.

    Raises:
        FileNotFoundError: If no run is kept in the folder, or a picture is no longer there.
        FileExistsError: If something else has taken the place of the result.
        ValueError: If the checkpoints are damaged, or the run depends on something that has changed.
    """
    finished = finished_painting(folder)
    if finished and not checkpoint_files(folder):
        if not quiet:
            say(f"This run has finished; {finished} is a copy of its painting.", err=False)
        return
    start_tensorflow()
    found = read_checkpoint(folder)
    job = found.job
    keeper = Keeper(folder, job, found.origin.config, found=found)
    finished = finished and finished.absolute()
    output = _at_home(job)
    for path in (output, Path(job.trace) if job.trace else None):
        if path and path.exists() and not job.overwrite and not keeper.owns(path):
            raise FileExistsError(f"{path} exists, and is not of this run; move it away, and resume again.")
    if finished:
        _deliver(finished, output, keeper, overwrite=job.overwrite)
        if not quiet:
            say(f"This run has finished: {output}", err=False)
        return
    if not quiet:
        say(f"Going on behind step {found.step}.", err=True)
    _paint(output, keeper, job, quiet=quiet)


def _at_home(job: Job) -> Path:
    """Go to the folder from which the names of the run's files are meant, and return the result's."""
    output, home = Path(job.output), Path(job.home)
    if home == Path.cwd() or not home.is_dir():  # the second if all of it has moved
        return output
    os.chdir(home)
    return output.absolute()


def _paint(output: Path, keeper: Keeper, job: Job, *, quiet: bool) -> None:
    recording = Recording(
        save_every=job.save_every,
        trace=Path(job.trace) if job.trace else None,
        tensorboard=Path(job.tensorboard) if job.tensorboard else None,
    )
    form = Form(bit_depth=job.bit_depth, keep_size=job.keep_size)
    manner = Manner(overwrite=job.overwrite, quiet=quiet, force=job.force, form=form, recording=recording)
    paint(Path(job.content), Path(job.style), output, config=keeper.config, manner=manner, keeper=keeper)


def _deliver(finished: Path, output: Path, keeper: Keeper, *, overwrite: bool) -> None:
    """Put a painting in its place that was finished when the run was killed."""
    if not (output.is_file() and output.read_bytes() == finished.read_bytes()):
        keeper.deliver(finished, output, overwrite=overwrite or keeper.owns(output))
    keeper.remove_remains()
    keeper.finish()
