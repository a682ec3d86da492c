"""Judge paintings by measures that no loss term contains.

`paint` compares settings of nst-tf on several pairs of pictures; `rate` judges existing paintings.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import DEFAULT_SIZE
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from tools.judge.pictures import IMAGES

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for judge.json, judge.md and sheet.jpg.")]
JudgeWeights = Annotated[str, typer.Option(help="Filters to judge with; the choices are those of nst-tf --weights.")]


@app.command("paint")
def paint_command(
    out: Out,
    images: Annotated[Path, typer.Option(help="Folder of photographs and paintings.")] = IMAGES,
    weights: Annotated[str, typer.Option(help="Filters to paint with.")] = "auto",
    size: Annotated[int, typer.Option(help="Longer side of a painting, pixels.")] = DEFAULT_SIZE,
    pair: Annotated[list[str] | None, typer.Option(metavar="CONTENT,STYLE", help="Two pictures; repeatable.")] = None,
    variant: Annotated[
        list[str] | None, typer.Option(metavar="NAME='OPTIONS'", help="Options of nst-tf stylize; repeatable.")
    ] = None,
    tried: Annotated[bool, typer.Option("--tried", help="Compare the settings tried for the defaults.")] = False,
    judge_weights: JudgeWeights = "auto",
    document: Annotated[
        str | None, typer.Option(metavar="FILE:NAME", help="Markdown file and the block in it that gets the medians.")
    ] = None,
) -> None:
    """Paint every pair with every variant, unless painted already, and judge."""
    _start()
    from tools.judge.pictures import PAIRS, find_pairs, parse_pair
    from tools.judge.variants import TRIED, VARIANTS, parse_variant

    try:
        pairs = find_pairs([parse_pair(text) for text in pair] if pair else PAIRS, images)
        variants = [
            parse_variant(text, size=size, weights=weights) for text in variant or (TRIED if tried else VARIANTS)
        ]
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
    _refuse_twins([each.name for each in variants])
    if document and not all(document.rpartition(":")):
        raise typer.BadParameter(f"--document takes FILE:NAME, as in docs/defaults.md:presets; got {document!r}")

    import nst_tf
    from tools.judge.judging import judge_variants

    judged = judge_variants(pairs, variants, out, weights=nst_tf.load_weights(judge_weights), echo=typer.echo)
    typer.echo(f"{out / 'judge.md'}")
    if document:
        from tools.judge.report import publish_medians

        publish_medians(document, judged, size=size, weights=weights)


@app.command("rate")
def rate_command(
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="Paintings.")],
    content: Annotated[Path, typer.Option(help="Their photograph.")],
    style: Annotated[Path, typer.Option(help="Their style.")],
    style_scale: Annotated[float, typer.Option(help="Longer side of the style as a multiple of the painting's.")] = 1.0,
    judge_weights: JudgeWeights = "auto",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for a report; by default only lines are printed.")
    ] = None,
) -> None:
    """Judge paintings of one photograph in one style."""
    _start()
    import nst_tf
    from tools.judge.judging import rate

    weights = nst_tf.load_weights(judge_weights)
    try:
        rate(pictures, (content, style), out, weights=weights, style_scale=style_scale, echo=typer.echo)
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None


def _start() -> None:
    """Load TensorFlow, and limit NumPy's linear algebra to one thread, as more would contend with TensorFlow's."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    start_tensorflow()


def _refuse_twins(names: list[str]) -> None:
    if len(set(names)) < len(names):
        raise typer.BadParameter(f"variants need different names; got {', '.join(names)}")


if __name__ == "__main__":
    app()
