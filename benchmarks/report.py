"""Write measurements into `docs/performance.md`."""

import datetime
import json
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.agreement import Ending, Parity
from benchmarks.problem import step_flops
from benchmarks.runs import Curve, StepTimes
from tools.compare_networks.document import beside, table, write_block

BASELINE = "PyTorch float32"
REFERENCE = "PyTorch L-BFGS"
MILESTONES = (100, 300)


def machine(packages: Sequence[str] = ("tensorflow", "keras", "torch")) -> str:
    """Describe the machine, the versions and the date in one line."""
    import os

    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return (
        f"{_processor()}, {cores} cores, {platform.system()}; {versions}; Python {platform.python_version()}; {today}."
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def publish_steps(document: Path, times: Sequence[StepTimes], rates: dict[str, float]) -> None:
    """Write the table of step times and memory, and the share of the matrix-multiply rate."""
    sizes = sorted({each.size for each in times})
    sides = list(dict.fromkeys(each.side for each in times))
    found = {(each.side, each.size): each for each in times}
    header = ["One step", *(f"{size} px" for size in sizes), *(f"memory at {size} px" for size in sizes)]
    rows = []
    for side in sides:
        pairs = [(found[side, size], found.get((BASELINE, size), found[side, size])) for size in sizes]
        ratios = [f"{own.seconds:.2f} s ({own.seconds / base.seconds:.2f})" for own, base in pairs]
        peaks = [f"{own.megabytes:.0f} MB ({own.megabytes / base.megabytes:.2f})" for own, base in pairs]
        rows.append([side, *ratios, *peaks])
    shares = [
        f"nst-tf runs its {precision} step at {step_flops(size, size) / found[name, size].seconds / rate:.0%} of the "
        f"rate at which the machine multiplies 2048x2048 matrices in {precision} ({rate / 1e9:.0f} GFLOP/s, measured "
        f"in the same run), at {size} px."
        for precision, rate in rates.items()
        for size in sizes[-1:]
        if (name := f"nst-tf {precision}", size) in found
    ]
    summary = f"{machine()} Square pictures, Adam; in parentheses, the ratio to {BASELINE}."
    write_block(document, "steps", f"{summary}\n\n{table(header, rows)}\n\n" + "\n".join(shares))
    _keep(document, "steps.json", [vars(each) for each in times])


def publish_scaling(document: Path, times: Sequence[StepTimes]) -> None:
    """Write step time and memory by size, and the exponent of a power law in the number of pixels."""
    rows = [[str(each.size), f"{each.seconds:.3f} s", f"{each.megabytes:.0f} MB"] for each in times]
    logs = np.log([[each.size**2, each.seconds] for each in times])
    exponent = np.polyfit(logs[:, 0], logs[:, 1], 1)[0]
    summary = f"{machine()} A step's time grows with the number of pixels to the power of {exponent:.2f}."
    write_block(document, "scaling", f"{summary}\n\n{table(['Side, px', 'Step', 'Peak memory'], rows)}")
    _keep(document, "scaling.json", [vars(each) for each in times])


def publish_curves(document: Path, curves: dict[str, list[Curve]]) -> None:
    """Write how long each optimizer takes to reach the losses of PyTorch's L-BFGS, and plot the curves.

    Results for other problems stay in the document, with their machine and date.

    Args:
        document: Markdown file.
        curves: Maps a problem's name to the curves of all runs on it.
    """
    numbers = beside(document, "curves.json")
    races = json.loads(numbers.read_text()) if numbers.is_file() else {}
    races |= {title: {"machine": machine(), "runs": [vars(run) for run in runs]} for title, runs in curves.items()}
    parts = ["Seconds to reach the loss of PyTorch's L-BFGS; in parentheses, the share of its time."]
    for title, race in sorted(races.items(), key=lambda each: each[1]["machine"]):
        runs = [Curve(**run) for run in race["runs"]]
        reference = next(run for run in runs if run.name == REFERENCE)
        goals = [count for count in MILESTONES if count in reference.evaluations]
        header = [title, *(f"{reference.loss_after(goal):.4f} ({goal} evaluations)" for goal in goals), "final loss"]
        rows = [[run.name, *(_reached(run, reference, goal) for goal in goals), _end(run)] for run in runs]
        picture = beside(document, f"{re.sub(r'[^a-z0-9_]+', '-', title.lower())}.png")
        plot(picture, title, runs)
        measured_on = [] if race["machine"] in parts else [race["machine"]]
        parts += [*measured_on, table(header, rows), f"![Loss against time, {title}]({picture.name})"]
    write_block(document, "curves", "\n\n".join(parts))
    _keep(document, "curves.json", races)


def publish_variants(document: Path, losses: dict[str, float], *, size: int, steps: int) -> None:
    """Write the losses of the variants of Adam, relative to the first."""
    first = next(iter(losses.values()))
    rows = [[label, f"{loss:.4f}", f"{loss / first - 1:+.1%}"] for label, loss in losses.items()]
    manner = "float32, one size; loss of the last picture unless an average is named."
    summary = f"{machine()} {size} px, {steps} steps from the content, {manner}"
    write_block(document, "variants", f"{summary}\n\n{table(['Adam', 'final loss', 'relative to the first'], rows)}")


def publish_parity(document: Path, results: Sequence[Parity], *, size: int) -> None:
    """Write the losses of pictures painted in several floating-point types."""
    types = list(results[0].losses)
    rows = []
    for result in results:
        first, *others = (result.losses[each] for each in types)
        rows.append([result.pair, f"{first:.4f}", *(f"{loss:.4f} ({loss / first - 1:+.1%})" for loss in others)])
    summary = f"{machine()} {size} px, the defaults, one seed; pictures evaluated in float32."
    write_block(document, "parity", f"{summary}\n\n{table(['Pair', *types], rows)}")


def publish_endings(document: Path, results: Sequence[Ending], *, pair: str) -> None:
    """Write the final loss terms of runs at several sizes, and their spread."""
    parts = [f"{machine()} {pair}, the defaults, terms before their weights."]
    header = ["Normalization", "Side, px", "content", "style"]
    kinds = list(dict.fromkeys(each.normalization for each in results))
    runs = {kind: [each for each in results if each.normalization == kind] for kind in kinds}
    rows = [[kind, str(each.size), f"{each.content:.4g}", f"{each.style:.4g}"] for kind in kinds for each in runs[kind]]
    parts.append(table(header, rows, texts=1))
    for kind in kinds:
        spreads = [_spread([getattr(each, term) for each in runs[kind]]) for term in ("content", "style")]
        parts.append(f"`{kind}`: largest over smallest {spreads[0]:.2f} (content), {spreads[1]:.2f} (style).")
    write_block(document, "sizes", "\n\n".join(parts))


def publish_serving(document: Path, rows: dict[int, dict[str, Any]], *, precision: str) -> None:
    """Write the time of a served step, its ratio to the library's, and the memory of the process that ran both."""
    header = ["Side, px", "served step", "ratio to the library's", "peak memory"]
    cells = [
        [str(size), f"{row['served']:.2f} s", f"{row['served'] / row['library']:.2f}", f"{row['megabytes']:.0f} MB"]
        for size, row in rows.items()
    ]
    summary = f"{machine()} Square pictures, one size, Adam, {precision}."
    write_block(document, "sizing", f"{summary}\n\n{table(header, cells)}")


def publish_memory(document: Path, rows: Sequence[tuple[Any, float, float]]) -> None:
    """Write the peak memory of runs beside the estimate."""
    header = ["Picture", "settings", "peak memory", "estimate", "ratio"]
    cells = []
    for case, measured, estimate in rows:
        settings = ", ".join(f"{name} {value}" for name, value in case.settings.items())
        height, width = case.size
        numbers = [f"{measured / 1e9:.2f} GB", f"{estimate / 1e9:.2f} GB", f"{estimate / measured:.2f}"]
        cells.append([f"{width}x{height}", settings, *numbers])
    write_block(
        document,
        "memory",
        f"{machine(('tensorflow', 'keras'))} One size, Adam unless named.\n\n{table(header, cells, texts=2)}",
    )


def publish_blocks(document: Path, rows: Sequence[tuple[tuple[int, int], float, float]], *, block: int) -> None:
    """Write the time of an evaluation in blocks, per pixel relative to the whole picture's, and how it grows."""
    pixels, seconds = np.array([(size[0] * size[1], in_blocks) for size, _, in_blocks in rows]).T
    per_pixel = rows[0][1] / pixels[0]
    cells = [
        [f"{width}x{height}", f"{in_blocks:.1f} s", f"{in_blocks / (height * width) / per_pixel:.2f}"]
        for (height, width), _, in_blocks in rows
    ]
    where = machine(("tensorflow", "keras"))
    exponent = np.polyfit(np.log(pixels), np.log(seconds), 1)[0]
    summary = (
        f"{where} Blocks of {block} px; the whole picture of {rows[0][0][1]}x{rows[0][0][0]} px takes "
        f"{rows[0][1]:.1f} s. Time grows with the number of pixels to the power of {exponent:.2f}."
    )
    header = ["Picture", "evaluation in blocks", "per pixel, relative to the whole picture"]
    write_block(document, "blocks", f"{summary}\n\n{table(header, cells)}")


def publish_startup(document: Path, seconds: dict[str, float]) -> None:
    """Write the processor time of commands, and what they take beyond the first, the import of TensorFlow and Keras."""
    (imports, bare), *others = seconds.items()
    rows = [[f"`python -c '{imports}'`", f"{bare:.2f} s", ""]]
    rows += [
        [f"`nst-tf {name}`", f"{own:.2f} s", f"{own - bare:+.2f} s" if own > bare / 2 else "imports neither"]
        for name, own in others
    ]
    where = machine(("tensorflow", "keras"))
    summary = f"{where} 64 px, two steps; user and system time, the least of several rounds."
    header = ["Command", "processor time", "beyond the imports"]
    write_block(document, "startup", f"{summary}\n\n{table(header, rows)}")


def _spread(values: Sequence[float]) -> float:
    return max(values) / min(values)


def _reached(run: Curve, reference: Curve, goal: int) -> str:
    base = reference.seconds[reference.evaluations.index(goal)]
    seconds = run.seconds_to(reference.loss_after(goal))
    return "not reached" if seconds is None else f"{seconds:.0f} s ({seconds / base:.0%})"


def _end(run: Curve) -> str:
    return f"{run.losses[-1]:.4f} after {run.seconds[-1]:.0f} s"


def plot(path: Path, title: str, runs: Sequence[Curve]) -> None:
    """Plot loss against time, one line per run."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for run in runs:
        style = "-" if run.name.startswith("nst-tf") else "--"
        axes.plot(run.seconds, run.losses, style, label=run.name, linewidth=2 if style == "-" else 1.2)
    lowest = min(min(run.losses) for run in runs)
    axes.set(
        xlabel="seconds", ylabel="loss, float32 evaluator", title=title, yscale="log", ylim=(0.97 * lowest, 3 * lowest)
    )
    axes.legend()
    figure.savefig(path, dpi=110)


def _keep(document: Path, ending: str, numbers: Any) -> None:
    beside(document, ending).write_text(json.dumps(numbers, indent=1) + "\n")
