"""`nst-tf batch`: many pictures, here or on a Ray cluster."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from nst_tf.batch.naming import FIELDS, PATTERN
from nst_tf.config import StyleConfig
from nst_tf_cli.options.common import Force, Overwrite, Quiet
from nst_tf_cli.options.config_options import with_settings
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.like_option import Like
from nst_tf_cli.terminal.batch_run import check_styles, paint_batch, preview_batch
from nst_tf_cli.terminal.report import Report

ENGINES = ("local", "ray")


@reported
@with_settings
def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Folders, globs, pictures, manifests (.csv, .jsonl), or URLs."),
    ],
    *,
    config: StyleConfig,
    presets: Mapping[str, Mapping[str, Any]],
    like: Like | None = None,  # noqa: ARG001 (its settings are in the configuration)
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Folder, or its URL, for the results; folders are mirrored."
        ),
    ] = None,
    style: Annotated[
        list[str],
        typer.Option(
            metavar="FILE",
            help="A style picture, needed unless a manifest names one; several times to paint each photograph in each.",
        ),
    ] = [],  # noqa: B006 (Typer copies it)
    name: Annotated[
        str,
        typer.Option(
            metavar="PATTERN", help=f"Names of the results, of {', '.join(f'{{{each}}}' for each in FIELDS)}."
        ),
    ] = PATTERN,
    report: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="JSON Lines, a row per picture; by default report.jsonl among the results."),
    ] = None,
    retries: Annotated[int, typer.Option(min=0, help="Paint a picture again that failed, up to N times.")] = 0,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="End at the first failure.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and how long it takes; paint nothing.")
    ] = False,
    engine: Annotated[str, typer.Option(metavar="|".join(ENGINES), help="Paint here, or on a Ray cluster.")] = "local",
    address: Annotated[
        str, typer.Option(help="Ray: auto or HOST:PORT; auto starts one here if there is none.")
    ] = "auto",
    cpus_per_picture: Annotated[int, typer.Option(min=1, help="Ray: cores, and threads, that paint a picture.")] = 1,
    gpus_per_picture: Annotated[float, typer.Option(min=0, help="Ray: GPUs, or a share of one, for a picture.")] = 0.0,
    bit_depth: Annotated[int, typer.Option(help="Bits per channel of the results, 8 or 16 (PNG, TIFF).")] = 8,
    keep_size: Annotated[
        bool, typer.Option("--keep-size", help="Paint at --size, then enlarge or reduce to the photograph's own size.")
    ] = False,
    checkpoint_every: Annotated[
        int | None, typer.Option(min=1, help="Steps between checkpoints; by default every 30 s, or less often.")
    ] = None,
    overwrite: Overwrite = False,
    force: Force = False,
    quiet: Quiet = False,
) -> Report:
    """Paint many pictures; after an interruption, the same command continues.

    A picture that was painted from the same files with the same settings is skipped, as its metadata tells.
    """
    from nst_tf.batch.cluster import Cluster
    from nst_tf.batch.joblist import Wanted, make_jobs
    from nst_tf.batch.report import REPORT

    if engine not in ENGINES:
        raise ValueError(f"--engine must be one of {', '.join(ENGINES)}; got {engine!r}.")
    options = {
        "bit_depth": bit_depth,
        "keep_size": keep_size,
        "checkpoint_every": checkpoint_every,
        "overwrite": overwrite,
        "force": force,
    }
    wanted = Wanted(
        inputs=inputs, styles=style, output=output, pattern=name, config=config, options=options, presets=presets
    )
    jobs = make_jobs(wanted)
    check_styles(style)
    if dry_run:
        return preview_batch(jobs, quiet=quiet)
    cluster = Cluster(address=address, cpus_per_picture=cpus_per_picture, gpus_per_picture=gpus_per_picture)
    place = report or (f"{output.rstrip('/')}/{REPORT}" if output else REPORT)
    how = {"retries": retries, "fail_fast": fail_fast, "cluster": cluster if engine == "ray" else None}
    return paint_batch(jobs, Path(place), how, quiet=quiet)
