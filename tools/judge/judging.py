"""Paint what is not there yet and judge it, pair by pair, so that photograph and style are looked at once."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import nst_tf
from nst_tf.weights import NetworkWeights
from tools.compare_networks.cells import Cell, Echo
from tools.compare_networks.sheets import Tile
from tools.compare_networks.sources import Network, Source
from tools.judge import pictures, verdict
from tools.judge.described import Eye, make_eye
from tools.judge.report import Judged, write_report
from tools.judge.variants import Variant, paint


def judge_variants(
    pairs: Iterable[pictures.Pair], variants: Sequence[Variant], out: Path, *, weights: NetworkWeights, echo: Echo
) -> list[Judged]:
    """Paint and judge every pair in every variant, and write the report anew after each pair."""
    eye, judged, originals = make_eye(weights), [], {}
    for content, style in pairs:
        bench = Bench(eye, content, style)
        for variant in variants:
            network = Network(
                name="painter",
                weights=variant.config.weights,
                seed=variant.config.seed,
                sha256=nst_tf.load_weights(variant.config.weights, seed=variant.config.seed).sha256,
            )
            cell = Cell(network=network, content=Source(content), style=Source(style), settings=variant.config)
            painted = paint(cell, variant.name, out, echo=echo)
            record = {"file": painted.file.name, **painted.record}
            judged.append(
                bench.judge(painted.file, variant.name, style_scale=variant.config.style_scale, record=record)
            )
            echo(line(judged[-1]))
        originals[judged[-1].pair] = bench.tiles()
        write_report(out, judged, originals, weights=told(weights))
    return judged


class Bench:
    """A photograph and a style, looked at once for each size of painting."""

    def __init__(self, eye: Eye, content: Path, style: Path) -> None:
        """Read both pictures."""
        self.names = content.stem, style.stem
        self._eye, self._content, self._style = eye, nst_tf.load_image(content), nst_tf.load_image(style)
        self._pairs: dict[tuple[tuple[int, int], float], verdict.Pair] = {}

    def judge(
        self, picture: Path, variant: str, *, style_scale: float = 1.0, record: dict[str, object] | None = None
    ) -> Judged:
        """Judge a painting of this photograph in this style."""
        image = nst_tf.load_image(picture)
        size = image.shape[1], image.shape[2]
        if (size, style_scale) not in self._pairs:
            self._pairs[size, style_scale] = verdict.describe_pair(
                self._eye, self._content, self._style, size=size, style_scale=style_scale
            )
        measures = verdict.verdict(self._eye(image, size), self._pairs[size, style_scale])
        content, style = self.names
        return Judged(
            content=content, style=style, variant=variant, image=image[0], measures=measures, record=record or {}
        )

    def tiles(self) -> list[Tile]:
        """Return photograph and style for a contact sheet."""
        return [Tile(image[0], name) for image, name in zip((self._content, self._style), self.names, strict=True)]


def told(weights: NetworkWeights) -> dict[str, str]:
    """Say which filters judge."""
    return {"name": weights.name, "sha256": weights.sha256}


def line(judged: Judged) -> str:
    """Sum up a verdict in one line."""
    shown = ("sum", "style", "content", "gram", "w2", "edges", "artifacts", "grid")
    values = "  ".join(f"{name} {judged.measures[name]:.3f}" for name in shown)
    return f"{judged.content} + {judged.style}: {judged.variant}  {values}"


def rate(
    paths: Sequence[Path],
    content: Path,
    style: Path,
    out: Path | None,
    *,
    weights: NetworkWeights,
    style_scale: float,
    echo: Echo,
) -> list[Judged]:
    """Judge pictures that are painted already, and write a report if a folder is named."""
    bench, judged = Bench(make_eye(weights), content, style), []
    for path in paths:
        judged.append(bench.judge(path, path.stem, style_scale=style_scale))
        echo(line(judged[-1]))
    if out is not None:
        write_report(out, judged, {bench.names: bench.tiles()}, weights=told(weights))
    return judged
