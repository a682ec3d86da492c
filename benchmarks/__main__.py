"""Measure time and memory of a painting against plain PyTorch: `make bench`, `make bench-full`.

Writes the tables of docs/performance.md. The default pictures are those of the demo.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.problem import Problem, write_problem
from benchmarks.runs import RUNS, SIDES, Curve, curve, measure, step_times

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Document = Annotated[Path, typer.Option(help="Markdown file that gets the tables; plots and numbers go next to it.")]
Weights = Annotated[str, typer.Option(help="Network weights for all sides, as for nst-tf --weights.")]
Pairs = Annotated[list[str] | None, typer.Option("--pair", metavar="CONTENT,STYLE", help="Two pictures; repeatable.")]
Sizes = Annotated[list[int], typer.Option("--size", help="Longer side, pixels; repeatable.")]

DOCUMENT = Path("docs/performance.md")
LARGE_DOCUMENT = Path("docs/large-pictures.md")
SERVING_DOCUMENT = Path("serving/deploy/README.md")
DEMO = Path("cli/nst_tf_cli/assets")
DEMO_PAIR = f"{DEMO / 'scene.png'},{DEMO / 'painting.png'}"


@app.command("steps")
def steps_command(
    size: Sizes = [256, 512],  # noqa: B006 (Typer copies it)
    side: Annotated[list[str], typer.Option(help="Side to measure; repeatable.")] = list(SIDES),  # noqa: B006
    rounds: Annotated[int, typer.Option(help="Processes per side and size.")] = 2,
    steps: Annotated[int, typer.Option(help="Timed steps per process.")] = 4,
    weights: Weights = "builtin",
    document: Document = DOCUMENT,
) -> None:
    """Measure a step's time and peak memory, and compare it with the machine's matrix-multiply rate."""
    from benchmarks.report import publish_steps

    with tempfile.TemporaryDirectory() as folder:
        problems = _problems(Path(folder), size, weights)
        rates = {p: measure({"kind": "matmul", "precision": p})["rate"] for p in ("float32", "bfloat16")}
        times = step_times(problems, side, rounds=rounds, steps=steps, echo=typer.echo)
    publish_steps(document, times, rates)


@app.command("slices")
def slices_command(
    size: Sizes = [256, 512],  # noqa: B006
    rounds: Annotated[int, typer.Option(help="How often to measure.")] = 3,
) -> None:
    """Print what a slice of ten steps costs against ten steps without a cut, as in serving/deploy/README.md."""
    from benchmarks.slices import slice_costs

    for each in size:
        typer.echo(f"{each} px: {', '.join(f'{ratio:.3f}' for ratio in slice_costs(each, rounds=rounds))}")


@app.command("scaling")
def scaling_command(
    size: Sizes = [128, 256, 512, 1024, 2048],  # noqa: B006
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
    weights: Weights = "builtin",
    document: Document = DOCUMENT,
) -> None:
    """Time a step at many sizes."""
    from benchmarks.report import publish_scaling

    with tempfile.TemporaryDirectory() as folder:
        problems = _problems(Path(folder), size, weights)
        times = step_times(problems, [f"nst-tf {precision}"], rounds=1, steps=3, echo=typer.echo)
    publish_scaling(document, times)


@app.command("curves")
def curves_command(
    pair: Pairs = None,
    size: Sizes = [256],  # noqa: B006
    run: Annotated[list[str], typer.Option(help="Run to measure; repeatable.")] = list(RUNS),  # noqa: B006
    evaluations: Annotated[int, typer.Option(help="Evaluations of PyTorch's optimizers.")] = 100,
    weights: Weights = "builtin",
    document: Document = DOCUMENT,
) -> None:
    """Measure the loss over time of each optimizer; curves of other problems stay in the document."""
    from benchmarks.report import publish_curves

    curves: dict[str, list[Curve]] = {}
    with tempfile.TemporaryDirectory() as folder:
        problem = Path(folder) / "problem.npz"
        for content, style in _pairs(pair):
            for pixels in size:
                write_problem(problem, content, style, size=pixels, weights=weights)
                title = f"{_title(content, style, pixels)}, {evaluations} evaluations"
                typer.echo(title)
                curves[title] = [
                    curve(name, problem, Path(folder), evaluations=evaluations, echo=typer.echo) for name in run
                ]
    publish_curves(document, curves)


@app.command("variants")
def variants_command(
    size: Annotated[int, typer.Option(help="Longer side, pixels.")] = 181,
    steps: Annotated[int, typer.Option(help="Steps of each variant.")] = 100,
    pair: Annotated[str, typer.Option(metavar="CONTENT,STYLE", help="Two pictures.")] = DEMO_PAIR,
    weights: Weights = "builtin",
    document: Document = DOCUMENT,
) -> None:
    """Compare ways to run Adam at one size."""
    from benchmarks.report import publish_variants
    from benchmarks.variants import VARIANTS, run

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        write_problem(path, *map(Path, pair.split(",")), size=size, weights=weights)
        problem, losses = Problem.read(path), {}
        for variant in VARIANTS:
            losses[variant.label] = run(problem, variant, steps=steps)
            typer.echo(f"{variant.label:40} {losses[variant.label]:.4f}")
    publish_variants(document, losses, size=size, steps=steps)


@app.command("parity")
def parity_command(
    pair: Pairs = None,
    size: Annotated[int, typer.Option(help="Longer side, pixels.")] = 256,
    weights: Weights = "builtin",
    document: Document = DOCUMENT,
) -> None:
    """Compare paintings in float32 and bfloat16."""
    from benchmarks.agreement import parity
    from benchmarks.report import publish_parity

    publish_parity(document, parity(_pairs(pair), size=size, weights=weights, echo=typer.echo), size=size)


@app.command("sizes")
def sizes_command(
    pair: Annotated[str, typer.Option(metavar="CONTENT,STYLE", help="Two pictures.")] = DEMO_PAIR,
    size: Sizes = [256, 512, 1024],  # noqa: B006
    weights: Weights = "builtin",
    document: Document = DOCUMENT,
) -> None:
    """Compare the final loss terms at several sizes, in both normalizations."""
    from benchmarks.agreement import endings
    from benchmarks.report import publish_endings

    ((content, style),) = _pairs([pair])
    results = endings((content, style), sizes=size, weights=weights, echo=typer.echo)
    publish_endings(document, results, pair=f"{content.stem} in the style of {style.stem}")


@app.command("serving")
def serving_command(
    size: Sizes = [256, 512],  # noqa: B006
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
    rounds: Annotated[int, typer.Option(help="Rounds per side.")] = 3,
    weights: Weights = "builtin",
    document: Annotated[Path, typer.Option(help="Markdown file that gets the table.")] = SERVING_DOCUMENT,
) -> None:
    """Compare the step times of the exported model and the library."""
    from benchmarks.report import publish_serving

    with tempfile.TemporaryDirectory() as folder:
        problems, rows = _problems(Path(folder), size, weights), {}
        for pixels, path in problems.items():
            task = {"kind": "served", "problem": str(path), "precision": precision, "rounds": rounds}
            rows[pixels] = measure(task)
            typer.echo(f"{pixels} px  {rows[pixels]}")
    publish_serving(document, rows, precision=precision)


@app.command("memory")
def memory_command(
    largest: Annotated[int, typer.Option(help="Longest side of a picture in blocks, pixels.")] = 4096,
    document: Annotated[Path, typer.Option(help="Markdown file that gets the table.")] = LARGE_DOCUMENT,
) -> None:
    """Measure the peak memory of runs, whole and in blocks, and compare it with the estimate before a run."""
    from benchmarks.memory import compare
    from benchmarks.report import publish_memory

    publish_memory(document, compare(measure, largest=largest, echo=typer.echo))


@app.command("blocks")
def blocks_command(
    block: Annotated[int, typer.Option(help="Longest side of a block, pixels.")] = 1024,
    document: Annotated[Path, typer.Option(help="Markdown file that gets the table.")] = LARGE_DOCUMENT,
) -> None:
    """Measure a step's time per pixel in blocks, and how it grows with the picture."""
    from benchmarks.memory import step_seconds
    from benchmarks.report import publish_blocks

    sizes = [(2048, 2048), (2048, 4096)]
    publish_blocks(document, step_seconds(sizes, block, echo=typer.echo), block=block)


@app.command("startup")
def startup_command(
    pair: Annotated[str, typer.Option(metavar="CONTENT,STYLE", help="Two pictures.")] = DEMO_PAIR,
    rounds: Annotated[int, typer.Option(help="Runs of each command; the fastest counts.")] = 5,
    document: Document = DOCUMENT,
) -> None:
    """Measure whole commands that paint two steps at 64 px, beside the import of TensorFlow and Keras."""
    from benchmarks.report import publish_startup
    from benchmarks.startup import commands, least_seconds

    with tempfile.TemporaryDirectory() as folder:
        ((content, style),) = _pairs([pair])
        lines = commands(content, style, Path(folder))
        publish_startup(document, least_seconds(lines, rounds=rounds, echo=typer.echo))


def _pairs(given: list[str] | None) -> list[tuple[Path, Path]]:
    pairs = [tuple(map(Path, each.split(","))) for each in given or [DEMO_PAIR]]
    return [(content, style) for content, style in pairs]


def _title(content: Path, style: Path, size: int) -> str:
    """Return the title of a comparison: pictures, size, and the network's floating-point type on this machine."""
    from nst_tf.network.precision import resolved_precision

    return f"{content.stem} in the style of {style.stem}, {size} px, {resolved_precision('auto')}"


def _problems(folder: Path, sizes: list[int], weights: str) -> dict[int, Path]:
    """Write square problems of several sizes from the demo's pictures."""
    problems = {size: folder / f"{size}.npz" for size in sizes}
    for size, path in problems.items():
        write_problem(path, DEMO / "scene.png", DEMO / "painting.png", size=size, weights=weights, square=True)
    return problems


if __name__ == "__main__":
    app()
