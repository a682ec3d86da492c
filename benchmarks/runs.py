"""Measurements in separate processes that alternate, so that fluctuations of the machine affect all sides alike."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Echo = Callable[[str], None]

SIDES = {
    "nst-tf float32": {"side": "nst-tf", "precision": "float32"},
    "nst-tf bfloat16": {"side": "nst-tf", "precision": "bfloat16"},
    "PyTorch float32": {"side": "pytorch", "precision": "float32"},
    "PyTorch float32, channels last": {"side": "pytorch", "precision": "float32", "channels_last": True},
    "PyTorch bfloat16 autocast": {"side": "pytorch", "precision": "bfloat16", "channels_last": True},
}

TORCH_EVALUATIONS = (1, 3, 6, 10, 15, 20, 30, 40, 55, 70, 85, 100, 125, 150, 200, 250, 300)

RUNS: dict[str, dict[str, Any]] = {
    "PyTorch L-BFGS": {"side": "pytorch", "optimizer": "lbfgs", "settings": {"line_search": None}},
    "PyTorch L-BFGS, strong Wolfe": {
        "side": "pytorch",
        "optimizer": "lbfgs",
        "settings": {"line_search": "strong_wolfe"},
    },
    "PyTorch Adam": {"side": "pytorch", "optimizer": "adam"},
    "PyTorch Adam, coarse to fine": {"side": "pytorch", "optimizer": "pyramid", "count": 60},
    "nst-tf L-BFGS, one size": {"side": "nst-tf", "settings": {"optimizer": "lbfgs", "scales": 1, "steps": 80}},
    "nst-tf Adam, three sizes": {
        "side": "nst-tf",
        "settings": {
            "scales": 3,
            "steps": 80,
            "coarse_steps": 20,
            "learning_rate": 0.02,
            "beta_2": 0.8,
            "average_decay": 0.7,
        },
    },
    "nst-tf L-BFGS, three sizes": {
        "side": "nst-tf",
        "settings": {"optimizer": "lbfgs", "scales": 3, "steps": 120, "coarse_steps": 30},
    },
    "nst-tf, the default": {"side": "nst-tf", "settings": {}},
}


@dataclass(frozen=True)
class StepTimes:
    """Step times of one side at one size.

    Attributes:
        side: Name in `SIDES`.
        size: Longer side, pixels.
        seconds: Median over all processes and steps.
        megabytes: Largest peak memory of the processes.
    """

    side: str
    size: int
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Curve:
    """Losses of a run's pictures, from the independent evaluator.

    Attributes:
        name: Name in `RUNS`.
        seconds: Time of each picture.
        evaluations: Number of evaluations before each picture, over all sizes.
        losses: Loss of each picture.
    """

    name: str
    seconds: list[float]
    evaluations: list[int]
    losses: list[float]

    def seconds_to(self, loss: float) -> float | None:
        """Return when a loss was reached, interpolated between two pictures; None if it never was."""
        best = np.minimum.accumulate(self.losses)
        reached = np.flatnonzero(best <= loss)
        if not len(reached):
            return None
        index = int(reached[0])
        if index == 0:
            return self.seconds[0]
        above, below = np.log(best[index - 1]), np.log(best[index])
        share = (above - np.log(loss)) / (above - below)
        return float(self.seconds[index - 1] + share * (self.seconds[index] - self.seconds[index - 1]))

    def loss_after(self, evaluations: int) -> float:
        """Return the loss after a number of evaluations."""
        return self.losses[self.evaluations.index(evaluations)]


def measure(task: dict[str, Any]) -> dict[str, Any]:
    """Run one measurement in a separate process."""
    command = [sys.executable, "-m", "benchmarks.measure", json.dumps(task)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"The measurement failed: {task}\n{finished.stderr[-2000:]}")
    return json.loads(finished.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def step_times(problems: dict[int, Path], sides: list[str], *, rounds: int, steps: int, echo: Echo) -> list[StepTimes]:
    """Time single steps of all sides at all sizes, in several rounds."""
    results: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for _ in range(rounds):
        for size, path in problems.items():
            for side in sides:
                task = {"kind": "steps", "problem": str(path), "count": steps, **SIDES[side]}
                results.setdefault((side, size), []).append(result := measure(task))
                echo(f"{size} px  {side:32} {' '.join(f'{seconds:.3f}' for seconds in result['seconds'])} s")
    _compare_losses(results)
    return [
        StepTimes(
            side,
            size,
            statistics.median(seconds for process in processes for seconds in process["seconds"]),
            max(process["megabytes"] for process in processes),
        )
        for (side, size), processes in results.items()
    ]


def _compare_losses(results: dict[tuple[str, int], list[dict[str, Any]]]) -> None:
    """Check that all sides compute the same loss."""
    for size in {size for _, size in results}:
        losses = {side: processes[0]["loss"] for (side, at), processes in results.items() if at == size}
        if max(losses.values()) > 1.03 * min(losses.values()):  # bfloat16 differs by one percent
            raise RuntimeError(f"The sides do not compute the same loss at {size} px: {losses}")


def curve(name: str, problem: Path, work: Path, *, evaluations: int, echo: Echo) -> Curve:
    """Run the optimizer of one side, and evaluate its pictures."""
    pictures = work / "pictures.npz"
    spec = RUNS[name]
    wanted = (
        [e for e in TORCH_EVALUATIONS if e <= evaluations] if spec["side"] == "pytorch" else list(range(0, 5000, 5))
    )
    if spec.get("optimizer") == "pyramid":
        wanted = list(range(20, 5000, 20))
    task = {"kind": "run", "problem": str(problem), "pictures": str(pictures), "wanted": wanted, "count": evaluations}
    taken = measure(task | spec)
    losses = measure({"kind": "evaluate", "problem": str(problem), "pictures": str(pictures)})["losses"]
    echo(f"{name:32} {losses[-1]:.4f} after {taken['seconds'][-1]:.0f} s")
    return Curve(name, taken["seconds"], taken["evaluations"], losses)
