"""`nst-tf stylize`: a photograph in the style of a painting."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import StyleConfig
from nst_tf_cli.options.common import (
    ContentMasks,
    Force,
    Output,
    Overwrite,
    Quiet,
    StyleMasks,
    StylePictures,
    joined_stems,
)
from nst_tf_cli.options.config_options import with_settings
from nst_tf_cli.options.like_option import Like
from nst_tf_cli.terminal.errors import report_errors
from nst_tf_cli.terminal.job_display import paint_job


@report_errors
@with_settings
def stylize(
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    styles: StylePictures,
    *,
    config: StyleConfig,
    content_mask: ContentMasks = None,
    style_mask: StyleMasks = None,
    like: Like | None = None,
    output: Output = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    save_every: Annotated[int | None, typer.Option(min=1, help="Also save the picture every N steps.")] = None,
    trace: Annotated[
        Path | None, typer.Option(help="JSON file for the loss of every step; nst-tf plot draws it.")
    ] = None,
    tensorboard: Annotated[Path | None, typer.Option(help="Folder for TensorBoard's logs.")] = None,
    bit_depth: Annotated[int, typer.Option(help="Bits per channel of the result, 8 or 16 (PNG, TIFF).")] = 8,
    keep_size: Annotated[
        bool, typer.Option("--keep-size", help="Paint at --size, then enlarge or reduce to the photograph's own size.")
    ] = False,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Folder for checkpoints until the run has finished; nst-tf resume continues it.")
    ] = None,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Steps between checkpoints; by default every 30 s, or less often, at 2 % of the time at most.",
        ),
    ] = None,
    force: Force = False,
) -> None:
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
    if like is None:
        paint_job(job, quiet=quiet)
    else:
        paint_job(job, quiet=quiet, like=like.picture, remark=like.differences)
