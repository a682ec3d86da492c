"""Paint missing pictures and judge them, pair by pair, so that photograph and style are measured once."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nst_tf
from nst_tf.scales.plan import Size
from nst_tf.weights.network_weights import NetworkWeights
from tools.compare_networks.cells import Cell, Echo
from tools.compare_networks.sheets import Tile
from tools.compare_networks.sources import Network, Source
from tools.judge import pictures
from tools.judge.described import Eye, make_eye
from tools.judge.report import Judged, write_report
from tools.judge.variants import Variant, paint
from tools.judge.verdict import Pair, describe_pair, verdict

Rater = Callable[..., Judged]
"""Judges a picture's file, given a name and a record of how it was painted."""


def judge_variants(
    pairs: Sequence[pictures.Pair], variants: Sequence[Variant], out: Path, *, weights: NetworkWeights, echo: Echo
) -> list[Judged]:
    """Paint and judge every pair in every variant, and rewrite the report after each pair."""
    eye, judged, originals = make_eye(weights), [], {}
    for content, style in pairs:
        rater = make_rater(eye, content, style)
        for variant in variants:
            painted = paint(_cell(variant, content, style), variant.name, out, echo=echo)
            record = {"file": painted.file.name, **painted.record}
            judged.append(rater(painted.file, variant.name, style_scale=variant.config.style_scale, record=record))
            echo(line(judged[-1]))
        originals[judged[-1].pair] = _tiles(content, style)
        write_report(out, judged, originals, weights=_told(weights))
    return judged


def _cell(variant: Variant, content: Path, style: Path) -> Cell:
    config = variant.config
    sha256 = nst_tf.load_weights(config.weights, seed=config.seed).sha256
    network = Network(name=variant.name, weights=config.weights, seed=config.seed, sha256=sha256)
    return Cell(network=network, content=Source(content), style=Source(style), settings=config)


def rate(
    files: Sequence[Path],
    pair: pictures.Pair,
    out: Path | None,
    *,
    weights: NetworkWeights,
    style_scale: float,
    echo: Echo,
) -> list[Judged]:
    """Judge existing paintings, and write a report if a folder is given."""
    rater, judged = make_rater(make_eye(weights), *pair), []
    for file in files:
        judged.append(rater(file, file.stem, style_scale=style_scale, record={"file": str(file)}))
        echo(line(judged[-1]))
    if out is not None and judged:
        write_report(out, judged, {judged[0].pair: _tiles(*pair)}, weights=_told(weights))
    return judged


def make_rater(eye: Eye, content: Path, style: Path) -> Rater:
    """Return a function that judges paintings of a photograph in a style, both measured once per size."""
    photograph, painting = nst_tf.load_image(content), nst_tf.load_image(style)

    @functools.lru_cache(maxsize=2)
    def described(size: Size, style_scale: float) -> Pair:
        """Measure photograph and style."""
        return describe_pair(eye, photograph, painting, size=size, style_scale=style_scale)

    def judge(file: Path, name: str, *, style_scale: float, record: dict[str, Any]) -> Judged:
        """Judge one painting."""
        image = nst_tf.load_image(file)
        size = image.shape[1], image.shape[2]
        return Judged(
            content=content.stem,
            style=style.stem,
            variant=name,
            image=image[0],
            measures=verdict(eye(image, size), described(size, style_scale)),
            record=record,
        )

    return judge


def _tiles(*files: Path) -> list[Tile]:
    return [Tile(nst_tf.load_image(file)[0], file.stem) for file in files]


def _told(weights: NetworkWeights) -> dict[str, str]:
    """Return the name and hash of the judging filters."""
    return {"name": weights.name, "sha256": weights.sha256}


def line(judged: Judged) -> str:
    """Summarize a verdict in one line."""
    shown = ("sum", "style", "content", "gram", "w2", "edges", "foreign", "grid", "specks")
    values = "  ".join(f"{name} {judged.measures[name]:.3f}" for name in shown)
    return f"{judged.content} + {judged.style}: {judged.variant}  {values}"
