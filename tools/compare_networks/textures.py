"""Textures synthesized from noise with several networks, and their distances to the sources."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nst_tf.config import StyleConfig
from tools.compare_networks.cells import Cell, Echo, paint_missing
from tools.compare_networks.document import beside, table, write_block
from tools.compare_networks.measures import DISTANCES, distances, high_frequency_ratio
from tools.compare_networks.sheets import Tile, contact_sheet, save_jpeg
from tools.compare_networks.sources import Network, Source

RATIO = "high frequencies"
"""Name of the ratio of high-frequency energy to the source's: not a distance, best at 1."""

WANTED_GAIN = {"spectrum": 0.3}
"""By what share of the baseline's distance the candidate must be closer; for other measures, any amount."""

WANTED_FACTOR = 1.5
"""Largest factor between the high-frequency energies of texture and source."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Measurements of a texture.

    Attributes:
        network: Name of the network.
        source: Label of the picture.
        values: Maps a measure's name to its value.
    """

    network: str
    source: str
    values: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether one criterion holds."""

    text: str
    holds: bool


def compare_textures(
    networks: Sequence[Network], sources: Sequence[Source], work: Path, *, settings: StyleConfig, echo: Echo
) -> tuple[list[Row], list[list[Tile]]]:
    """Paint all missing textures and measure them.

    Args:
        networks: Networks to paint with.
        sources: Pictures whose textures are synthesized.
        work: Folder of finished pictures.
        settings: Steps, size and total variation; there is no content, the start is noise, the optimizer is L-BFGS.
        echo: Prints a line.

    Returns:
        The rows of the table, and the rows of a contact sheet, each with the source first.
    """
    settings = dataclasses.replace(settings, content_weight=0, start="noise", style_scale=1.0, optimizer="lbfgs")
    cells = [Cell(network=n, content=s, style=s, settings=settings) for n in networks for s in sources]
    paint_missing(cells, work, echo=echo)
    rows = [measured(cell, work) for cell in cells]
    tiles = [[Tile(cell.inputs()[1], cell.style.label)] for cell in cells[: len(sources)]]
    for index, cell in enumerate(cells):
        tiles[index % len(sources)].append(Tile(cell.result(work), cell.network.name))
    return rows, tiles


def measured(cell: Cell, work: Path) -> Row:
    """Compare a finished texture with its source at the same size."""
    texture, source = cell.result(work), cell.inputs()[1]
    values = distances(texture, source) | {RATIO: high_frequency_ratio(texture, source)}
    return Row(network=cell.network.name, source=cell.style.label, values=values)


def means(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Average over pictures, by network and measure; the ratio by its geometric mean."""
    return {
        network: {
            name: _mean(name, [row.values[name] for row in rows if row.network == network]) for name in rows[0].values
        }
        for network in dict.fromkeys(row.network for row in rows)
    }


def _mean(name: str, values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values))) if name == RATIO else np.mean(values))


def verdicts(rows: Sequence[Row], *, candidate: str, baseline: str) -> list[Verdict]:
    """Judge the candidate against the baseline; return nothing if either was not measured."""
    average = means(rows)
    if not {candidate, baseline} <= average.keys():
        return []
    ratios = {row.source: row.values[RATIO] for row in rows if row.network == candidate}
    worst = max(ratios, key=lambda source: abs(np.log(ratios[source])))
    return [
        *(_closer(measure.name, average, candidate, baseline) for measure in DISTANCES),
        _within(f"{RATIO}, mean: {candidate}", average[candidate][RATIO]),
        _within(f"{RATIO}, worst picture ({worst}): {candidate}", ratios[worst]),
    ]


def _closer(name: str, average: dict[str, dict[str, float]], candidate: str, baseline: str) -> Verdict:
    ours, theirs = average[candidate][name], average[baseline][name]
    gain, wanted = 1 - ours / theirs, WANTED_GAIN.get(name, 0.0)
    text = f"{name}: {candidate} {ours:.3g}, {baseline} {theirs:.3g}, {gain:.0%} closer (wanted: above {wanted:.0%})"
    return Verdict(text=text, holds=gain > wanted)


def _within(text: str, ratio: float) -> Verdict:
    holds = 1 / WANTED_FACTOR <= ratio <= WANTED_FACTOR
    return Verdict(text=f"{text} {ratio:.3g} (wanted: {1 / WANTED_FACTOR:.2f} to {WANTED_FACTOR})", holds=holds)


def publish(
    document: Path, rows: Sequence[Row], tiles: Sequence[Sequence[Tile]], *, settings: StyleConfig, side: int
) -> None:
    """Write tables into a document, and numbers (`-textures.json`) and contact sheet (`-textures.jpg`) next to it."""
    picture, numbers = beside(document, "textures.jpg"), beside(document, "textures.json")
    save_jpeg(contact_sheet(tiles, side=side), picture)
    summary = {"settings": _told(settings), "means": means(rows), "rows": [dataclasses.asdict(row) for row in rows]}
    numbers.write_text(json.dumps(summary, indent=1) + "\n")
    write_block(document, "textures", _body(rows, settings, picture.name))


def _told(settings: StyleConfig) -> dict[str, float | int | None]:
    return {name: getattr(settings, name) for name in ("size", "steps", "tv_weight", "seed")}


def _body(rows: Sequence[Row], settings: StyleConfig, picture: str) -> str:
    units = {measure.name: measure.unit for measure in DISTANCES} | {RATIO: "1: as the source"}
    header = [f"{name} ({unit})" for name, unit in units.items()]
    average = table(["Network", *header], ([name, *_numbers(values)] for name, values in means(rows).items()))
    each = table(
        ["Picture", "Network", *header],
        ([row.source, row.network, *_numbers(row.values)] for row in sorted(rows, key=lambda row: row.source)),
        texts=2,
    )
    count = len({row.source for row in rows})
    text = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in _told(settings).items())
    return (
        f"Textures from noise by L-BFGS, {text}; mean distance to the source over {count} pictures, smaller is closer. "
        f"The last column is best at 1: above is noise, below is blur.\n\n{average}\n\n"
        f"![Sources and the textures of each network]({picture})\n\n"
        f"<details><summary>Picture by picture</summary>\n\n{each}\n\n</details>"
    )


def _numbers(values: dict[str, float]) -> list[str]:
    return [f"{value:.3g}" for value in values.values()]
