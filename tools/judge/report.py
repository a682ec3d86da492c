"""The judge's results as numbers, as tables and as a contact sheet."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf.network.cpu_features import BFLOAT16, FLOAT16, ONEDNN, processor_features
from tools.compare_networks.document import table, write_block
from tools.compare_networks.sheets import Tile, contact_sheet, save_jpeg
from tools.judge.verdict import Measures

COLUMNS = (
    "sum",
    "style",
    "content",
    "gram",
    "w2",
    "color",
    "coverage",
    "self_similarity",
    "cosine",
    "edges",
    "artifacts",
    "foreign",
    "grid",
    "specks",
    "seconds",
)
"""Columns of the tables; `judge.json` has every number."""

TOLD = ("sum", "style", "content", "gram", "w2", "color", "edges", "foreign", "specks", "seconds")
"""Columns of the published table."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """A painting and its verdict.

    Attributes:
        content: Name of the photograph.
        style: Name of the style.
        variant: Name of the settings, or of the picture.
        image: The painting, `(H, W, 3)` in [0, 1].
        measures: The verdict.
        record: How it was painted; the tables show `seconds`.
    """

    content: str
    style: str
    variant: str
    image: npt.NDArray[np.float32]
    measures: Measures
    record: dict[str, Any]

    @property
    def pair(self) -> tuple[str, str]:
        """Photograph and style."""
        return self.content, self.style


def write_report(
    folder: Path, judged: Sequence[Judged], originals: dict[tuple[str, str], list[Tile]], *, weights: dict[str, str]
) -> None:
    """Write `judge.json`, `judge.md` and `sheet.jpg` into a folder.

    Args:
        folder: Created if missing.
        judged: The paintings.
        originals: Photograph and style of each pair.
        weights: Name and hash of the judging filters.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        {"content": each.content, "style": each.style, "variant": each.variant, **each.record, **each.measures}
        for each in judged
    ]
    numbers = {"judge": weights, "machine": machine(), "paintings": entries}
    (folder / "judge.json").write_text(json.dumps(numbers, indent=1) + "\n")
    (folder / "judge.md").write_text(document(judged, weights=weights))
    rows = [
        [*tiles, *(Tile(each.image, _caption(each)) for each in judged if each.pair == pair)]
        for pair, tiles in originals.items()
    ]
    save_jpeg(contact_sheet(rows, side=256), folder / "sheet.jpg")


def _caption(judged: Judged) -> str:
    return f"{judged.variant}, {judged.measures['sum']:.2f}"


def document(judged: Sequence[Judged], *, weights: dict[str, str]) -> str:
    """Lay out a table of medians over the pairs, a row per variant, and a table for each pair."""
    variants = list(dict.fromkeys(each.variant for each in judged))
    pairs = list(dict.fromkeys(each.pair for each in judged))
    medians = [_row(variant, [each for each in judged if each.variant == variant]) for variant in variants]
    parts = [f"Judged with the filters {weights['name']} ({weights['sha256'][:12]}), on {_machine_line()}."]
    parts += ["`tools/judge/verdict.py` defines the columns; a lower sum is better."]
    parts += [f"Median over {len(pairs)} pairs:", table(["Variant", *COLUMNS], medians)]
    for content, style in pairs:
        rows = [_row(each.variant, [each]) for each in judged if each.pair == (content, style)]
        parts += [f"## {content}, {style}", table(["Variant", *COLUMNS], rows)]
    return "\n\n".join(parts) + "\n"


def publish_medians(place: str, judged: Sequence[Judged], *, size: int, weights: str) -> None:
    """Write medians over the pairs into a block of a Markdown document.

    Args:
        place: `FILE:NAME`, the document and the name of the block.
        judged: The paintings.
        size: Their longer side, pixels.
        weights: Name of the painting filters.
    """
    file, _, block = place.rpartition(":")
    variants = list(dict.fromkeys(each.variant for each in judged))
    rows = []
    for variant in variants:
        those = [each for each in judged if each.variant == variant]
        rows.append([f"`{variant}`", *(_median(column, those) for column in TOLD)])
    pairs = len({each.pair for each in judged})
    summary = f"{size} px, painted with {weights}, {_machine_line()}; medians over {pairs} pairs."
    write_block(Path(file), block, f"{summary}\n\n{table(['', *TOLD], rows)}")


def _row(name: str, judged: Sequence[Judged]) -> list[str]:
    return [name, *(_median(column, judged) for column in COLUMNS)]


def _median(column: str, judged: Sequence[Judged]) -> str:
    values = [value for each in judged if (value := (each.measures | each.record).get(column)) is not None]
    return f"{np.median(values):.{0 if column == 'seconds' else 3}f}" if values else ""


def machine() -> dict[str, Any]:
    """Return the properties of this machine that decide how long a painting takes."""
    features = sorted((BFLOAT16 | FLOAT16 | ONEDNN | {"avx2", "avx512f"}) & processor_features())
    return {
        "system": platform.platform(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "features": features,
        "bfloat16": bool(BFLOAT16 & processor_features()),
    }


def _machine_line() -> str:
    facts = machine()
    return f"{facts['cores']} cores {'with' if facts['bfloat16'] else 'without'} bfloat16"
