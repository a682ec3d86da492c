"""Kill runs with SIGKILL at random moments, resume them, and compare the paintings."""

import hashlib
import json
import random
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.soak.processes import Outcome, run

SIZE = 64

PLANS = {
    "Adam, one size": ["--scales", "1", "--steps", "14"],
    "Adam, three sizes, from noise": ["--scales", "3", "--steps", "6", "--start", "noise", "--seed", "3"],
    "Adam, early stopping": ["--scales", "2", "--coarse-steps", "60", "--steps", "60", "--stop-when", "0.6"],
    "L-BFGS, one size, from noise": ["--optimizer", "lbfgs", "--scales", "1", "--steps", "14", "--start", "noise"],
    "L-BFGS, three sizes": ["--optimizer", "lbfgs", "--scales", "3", "--steps", "6"],
    "the paper's preset": ["--preset", "paper", "--steps", "14", "--history", "5"],
}
"""Runs to kill, by name; together they cover every part of a checkpoint."""

MOMENTS = ("at any time", "while a checkpoint is written", "while the result is delivered")
WEIGHTS = (6, 3, 1)
"""Relative frequencies of the moments."""


@dataclass(kw_only=True)
class Tally:
    """Results of the runs of one plan.

    Attributes:
        runs: Runs that were killed at least once.
        kills: Number of kills at each moment.
        resumes: Number of times a run was resumed.
        fresh: Number of times a run was started again, as it had no checkpoint yet.
        equal: Runs with the same bytes as an uninterrupted run, and a complete trace.
        failures: What went wrong, in sentences.
    """

    runs: int = 0
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MOMENTS, 0))
    resumes: int = 0
    fresh: int = 0
    equal: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Result of an uninterrupted run.

    Attributes:
        painting: Hash of the painting.
        steps: Steps in the trace.
        seconds: Duration.
    """

    painting: str
    steps: list[int]
    seconds: float


def soak(trials: int, seed: int, *, pictures: Sequence[Path], echo: Callable[[str], None]) -> dict[str, Tally]:
    """Kill and resume runs, cycling through the plans."""
    chance = random.Random(seed)  # noqa: S311 (not cryptographic)
    references, tallies = {}, {name: Tally() for name in PLANS}
    for number in range(trials):
        name = list(PLANS)[number % len(PLANS)]
        command = ["stylize", *map(str, pictures), "-o", "out.png", "--size", str(SIZE), "--trace", "trace.json"]
        command += [*PLANS[name], "--weights", "builtin", "--quiet"]
        if name not in references:
            references[name] = reference(command)
        trial(command, references[name], tallies[name], chance)
        echo(f"{number + 1}/{trials} {name}: {tallies[name].equal} of {tallies[name].runs} equal")
    return tallies


def reference(command: Sequence[str]) -> Reference:
    """Run a command without interruption, with checkpoints.

    Raises:
        RuntimeError: If it fails.
    """
    with _scene() as folder:
        outcome = run([*command, "--checkpoint", "run", "--checkpoint-every", "1"], folder)
        if outcome.code:
            raise RuntimeError(outcome.output)
        return Reference(painting=_hashed(folder), steps=_traced(folder), seconds=outcome.seconds)


def trial(command: Sequence[str], wanted: Reference, tally: Tally, chance: random.Random) -> None:
    """Kill a run at least once, then with probability 1/3 again each time, and resume it to its end."""
    with _scene() as folder:
        every = str(chance.choice((1, 1, 2, 3, 5)))
        begin = [*command, "--checkpoint", "run", "--checkpoint-every", every]
        arguments, kills = begin, 0
        while True:
            moment = None if kills and chance.random() < 2 / 3 else chance.choices(MOMENTS, WEIGHTS)[0]
            outcome = run(arguments, folder, until=_when(moment, folder / "run", wanted.seconds, chance))
            if outcome.code == -signal.SIGKILL and moment:
                kills += 1
                tally.kills[moment] += 1
            elif kills or outcome.code:
                break
            arguments = begin
            if _begun(folder):
                arguments = ["resume", "run", "--quiet"]
                tally.resumes += 1
            elif outcome.code:
                tally.fresh += 1
            else:  # it finished before the moment
                (folder / "out.png").unlink()
                (folder / "trace.json").unlink()
        tally.runs += 1
        trouble = _trouble(folder, outcome, wanted)
        tally.equal += not trouble
        tally.failures += [trouble] if trouble else []


def _when(moment: str | None, kept: Path, seconds: float, chance: random.Random) -> Callable[[float], bool]:
    """Return a predicate that tells, from the seconds so far, whether a moment has come."""
    after = chance.uniform(0.0, seconds)
    if moment == MOMENTS[0]:
        return lambda passed: passed >= after
    if moment == MOMENTS[1]:
        return lambda passed: passed >= after and any(kept.glob(".nst-tf-*.npz"))
    if moment == MOMENTS[2]:
        return lambda _: any(kept.glob("finished.*"))
    return lambda _: False


def _begun(folder: Path) -> bool:
    kept = folder / "run"
    return any(kept.glob("step-*.npz")) or any(kept.glob("finished.*"))


def _trouble(folder: Path, outcome: Outcome, wanted: Reference) -> str:
    """Describe how a killed and resumed run differs from an uninterrupted one; empty if it does not."""
    if outcome.code:
        return f"exit code {outcome.code}: {outcome.output.strip()}"
    if _hashed(folder) != wanted.painting:
        return "another painting"
    if _traced(folder) != wanted.steps:
        return "an incomplete trace"
    remains = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    return "" if remains == ["out.png", "trace.json"] else f"remains: {', '.join(remains)}"


@contextmanager
def _scene() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nst-tf-soak-") as name:
        yield Path(name)


def _hashed(folder: Path) -> str:
    return hashlib.sha256((folder / "out.png").read_bytes()).hexdigest()


def _traced(folder: Path) -> list[int]:
    return [record["step"] for record in json.loads((folder / "trace.json").read_text())]
