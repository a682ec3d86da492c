"""`nst-tf stylize`: a photograph in the style of a painting."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf_cli.options.common import (
    ContentMasks,
    Force,
    Overwrite,
    ProgressEvery,
    Quiet,
    Show,
    StyleMasks,
    StylePictures,
    joined_stems,
    result_option,
)
from nst_tf_cli.options.config_options import with_settings
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.like_option import Like
from nst_tf_cli.options.standard_input import from_stdin
from nst_tf_cli.terminal.job_display import paint_job
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.watching import Watching

WAY_ON = "With --checkpoint FOLDER, a run can be resumed."
"""What to say after an interruption without one."""


@reported
@with_settings
@from_stdin
def stylize(
    content: Annotated[Path, typer.Argument(help="The photograph; - for the standard input.")],
    styles: StylePictures,
    *,
    config: StyleConfig,
    content_mask: ContentMasks = None,
    style_mask: StyleMasks = None,
    like: Like | None = None,
    output: Annotated[Path | None, result_option("CONTENT-STYLE.png")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    show: Show = False,
    progress_every: ProgressEvery = None,
    save_every: Annotated[int | None, typer.Option(min=1, help="Also save the picture every N steps.")] = None,
    trace: Annotated[
        Path | None, typer.Option(help="JSON file for the loss of every step; nst-tf plot draws it.")
    ] = None,
    tensorboard: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Folder for TensorBoard's logs.")] = None,
    bit_depth: Annotated[int, typer.Option(help="Bits per channel of the result, 8 or 16 (PNG, TIFF).")] = 8,
    keep_size: Annotated[
        bool, typer.Option("--keep-size", help="Paint at --size, then enlarge or reduce to the photograph's own size.")
    ] = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Folder for checkpoints until the run has finished; nst-tf resume continues it."
        ),
    ] = None,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Steps between checkpoints; by default every 30 s, or less often, at 2 % of the time at most.",
        ),
    ] = None,
    force: Force = False,
) -> Report:
    """Paint the content of one picture in the style of another, or of several."""
    from nst_tf.jobs.job import Job

    if checkpoint is None and checkpoint_every is not None:
        raise ValueError("--checkpoint-every needs a folder for the checkpoints; name it with --checkpoint.")
    job = Job(
        content=content,
        style=tuple(styles),
        content_mask=tuple(content_mask or ()),
        style_mask=tuple(style_mask or ()),
        output=output or Path(f"{joined_stems(content, *styles)}.png"),
        config=config,
        overwrite=overwrite,
        force=force,
        bit_depth=bit_depth,
        keep_size=keep_size,
        save_every=save_every,
        trace=trace,
        tensorboard=tensorboard,
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every,
    )
    watching = Watching(quiet=quiet, show=show, progress_every=progress_every)
    if like is None:
        return paint_job(job, watching, way_on=WAY_ON)
    return paint_job(job, watching, like=like.picture, remark=like.differences, way_on=WAY_ON)
