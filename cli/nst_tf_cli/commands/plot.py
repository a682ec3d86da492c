"""`nst-tf plot`: the curve of a run's loss as a picture."""

import itertools
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import check_exists, check_writable
from nst_tf_cli.options.common import Overwrite
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.terminal.extras import extra
from nst_tf_cli.terminal.report import Report


@reported
def plot(
    trace: Annotated[Path, typer.Argument(help="File written by stylize --trace.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Result: .png, .svg or .pdf.")] = None,
    overwrite: Overwrite = False,
) -> Report:
    """Draw the curve of a run's loss (needs the extra `plot`)."""
    from nst_tf.jobs.outputs import check_apart

    output = output or trace.with_suffix(".png")
    check_exists(trace, "trace")
    check_apart({"--output": output}, {"the trace": trace})
    check_writable(output, "plot", overwrite=overwrite)
    records = _read(trace)
    with extra("plot"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    steps = [record["step"] for record in records]
    for name in ("loss", "content", "style", "tv"):
        axes.plot(steps, [record[name] for record in records], label=name, linewidth=2 if name == "loss" else 1)
    for before, after in itertools.pairwise(records):
        if before["width"] != after["width"]:
            axes.axvline(after["step"], color="0.8", zorder=0)
            axes.annotate(f"{after['width']} px", (after["step"], 1.01), xycoords=("data", "axes fraction"), fontsize=8)
    axes.set(xlabel="step", ylabel="loss; terms before their weights", yscale="log", title=trace.stem)
    axes.title.set_position((0.5, 1.06))
    axes.legend()
    with atomic_write(output, overwrite=overwrite) as stream:
        figure.savefig(stream, format=output.suffix.removeprefix(".") or "png", dpi=150)
    return Report(values={"path": str(output), "steps": len(records)}, text=str(output))


def _read(trace: Path) -> list[dict[str, Any]]:
    try:
        records = json.loads(trace.read_text())
        found = bool(records) and all({"step", "loss", "content", "style", "tv", "width"} <= set(r) for r in records)
    except (ValueError, TypeError):
        found = False
    if not found:
        raise ValueError(f"{trace} is not a trace; make one with nst-tf stylize --trace {trace.name}.")
    return list(records)
