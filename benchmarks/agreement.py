"""Compare the final losses across floating-point types and across sizes."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.problem import write_problem
from benchmarks.runs import Echo, measure

PRECISIONS = ("float32", "bfloat16")
NORMALIZATIONS = ("relative", "paper")

PAPER_WEIGHTS = {"content_weight": 1e-5, "style_weight": 1.0, "tv_weight": 0.0}
"""Weights of the paper's loss terms that suit the built-in network at 256 px."""


@dataclass(frozen=True)
class Parity:
    """Losses of a pair of pictures, painted in several types and evaluated in float32.

    Attributes:
        pair: Names of the pictures.
        losses: Loss by type.
    """

    pair: str
    losses: dict[str, float]


@dataclass(frozen=True)
class Ending:
    """The final loss terms of a run.

    Attributes:
        normalization: `relative` or `paper`.
        size: Longer side, pixels.
        content: Content term, before its weight.
        style: Style term, before its weight.
    """

    normalization: str
    size: int
    content: float
    style: float


def parity(pairs: Sequence[tuple[Path, Path]], *, size: int, weights: str, echo: Echo) -> list[Parity]:
    """Paint with the defaults in every type, and evaluate the pictures with the independent evaluator."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        problem, pictures = Path(folder) / "problem.npz", Path(folder) / "pictures.npz"
        for content, style in pairs:
            write_problem(problem, content, style, size=size, weights=weights)
            losses = {}
            for precision in PRECISIONS:
                task = {"problem": str(problem), "pictures": str(pictures), "wanted": []}
                measure({"kind": "run", "side": "nst-tf", "settings": {"precision": precision}, **task})
                losses[precision] = measure({"kind": "evaluate", **task})["losses"][-1]
            results.append(Parity(f"{content.stem}, {style.stem}", losses))
            echo(f"{results[-1]}")
    return results


def endings(pair: tuple[Path, Path], *, sizes: Sequence[int], weights: str, echo: Echo) -> list[Ending]:
    """Paint a pair at several sizes in both normalizations."""
    results = []
    for normalization in NORMALIZATIONS:
        chosen: dict[str, Any] = PAPER_WEIGHTS if normalization == "paper" else {}
        for size in sizes:
            settings = {"normalization": normalization, "size": size, "weights": weights, **chosen}
            task = {"kind": "terms", "content": str(pair[0]), "style": str(pair[1]), "settings": settings}
            terms = measure(task)["terms"]
            results.append(Ending(normalization, size, terms["content"], terms["style"]))
            echo(json.dumps(vars(results[-1])))
    return results
