"""Paint a batch on a cluster of several nodes on this machine, whose nodes and driver are killed meanwhile."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tools.soak.nodes import LocalCluster

SETTINGS = ["--weights", "builtin", "--scales", "1", "--steps", "3", "--checkpoint-every", "1"]

PATIENCE = 3600.0
"""Seconds after which a batch counts as hanging."""


@dataclass(kw_only=True)
class Soaked:
    """What became of a batch.

    Attributes:
        pictures: How many were to be painted.
        equal: Results whose bytes equal those of a sequential run in one process.
        rows: Rows of the last report.
        painted: Pictures that were painted by each driver, as its report says.
        resumed: Pictures that went on from a checkpoint.
        unreported: Results that were there when a driver was killed, and are not in its report.
        left: Files that are neither results nor the report.
        failures: What went wrong, in sentences.
        seconds: Duration on the cluster, and of the sequential run.
    """

    pictures: int
    equal: int = 0
    rows: int = 0
    painted: list[int] = field(default_factory=list)
    resumed: int = 0
    unreported: int = 0
    left: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: tuple[float, float] = (0.0, 0.0)


def soak_batch(count: int, *, seed: int, echo: Callable[[str], None]) -> Soaked:
    """Paint pictures on three nodes; kill one and add one, kill the driver, and start it again.

    Args:
        count: How many pictures, 48 to 64 px large.
        seed: Seed of their pixels.
        echo: Receives a line of progress.
    """
    with tempfile.TemporaryDirectory(prefix="nst-tf-soak-") as name, LocalCluster(3) as cluster:
        folder, result = Path(name), Soaked(pictures=count)
        draw_pictures(folder, count, seed)
        begun = time.monotonic()
        driver = start_batch(folder, "out", cluster.address)
        _wait(folder, count // 5, driver)
        echo(f"{len(painted_in(folder))} painted: killing a node, and adding one")
        cluster.kill(0)
        cluster.add()
        _wait(folder, 3 * count // 5, driver)
        echo(f"{len(painted_in(folder))} painted: killing the driver")
        driver.send_signal(signal.SIGKILL)
        driver.wait()
        _settle(folder)
        first = rows_of(folder / "out" / "report.jsonl")
        result.unreported = len(painted_in(folder)) - sum(row["status"] == "painted" for row in first)
        driver = start_batch(folder, "out", cluster.address)
        _, errors = driver.communicate(timeout=PATIENCE)
        cluster_seconds, begun = time.monotonic() - begun, time.monotonic()
        echo(f"Done with exit code {driver.returncode}; painting the same in one process")
        whole = start_batch(folder, "whole", None)
        _, other_errors = whole.communicate(timeout=PATIENCE)
        result.seconds = (cluster_seconds, time.monotonic() - begun)
        if driver.returncode or whole.returncode:
            result.failures.append(
                f"exit codes {driver.returncode}, {whole.returncode}: {errors} {other_errors}".strip()
            )
        _examine(result, folder, [first, rows_of(folder / "out" / "report.jsonl")])
        return result


def draw_pictures(folder: Path, count: int, seed: int) -> None:
    """Draw smooth photographs of random colors, 48 to 64 px large, and a style."""
    chance = np.random.default_rng(seed)
    (folder / "photos").mkdir()
    for name in [*(f"photos/{number:04d}.png" for number in range(count)), "style.png"]:
        coarse = chance.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        size = tuple(int(side) for side in chance.integers(48, 65, 2))
        Image.fromarray(coarse).resize((size[0], size[1]), Image.Resampling.BICUBIC).save(folder / name)


def start_batch(folder: Path, output: str, address: str | None) -> "subprocess.Popen[str]":
    """Start `nst-tf batch` in a folder, on a cluster or here, as a process that can be killed."""
    command = [sys.executable, "-m", "nst_tf_cli", "batch", "photos", "--style", "style.png", "-o", output, *SETTINGS]
    command += ["--engine", "ray", "--address", address] if address else []
    environment = {**os.environ, "TF_NUM_INTRAOP_THREADS": "1"}  # the losses in metadata are rounded by threads
    return subprocess.Popen(  # noqa: S603
        [*command, "--quiet"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def painted_in(folder: Path) -> list[Path]:
    """Return the results that are there."""
    return sorted(path for path in (folder / "out").glob("*.png") if not path.name.startswith("."))


def rows_of(report: Path) -> list[dict[str, Any]]:
    """Return the rows of a report."""
    return [json.loads(line) for line in report.read_text().splitlines()]


def _wait(folder: Path, count: int, driver: "subprocess.Popen[str]") -> None:
    """Wait until a number of results are there.

    Raises:
        RuntimeError: If the batch ends before.
    """
    begun = time.monotonic()
    while len(painted_in(folder)) < count:
        if driver.poll() is not None or time.monotonic() - begun > PATIENCE:
            raise RuntimeError(f"The batch ended early: {driver.communicate()[1]}")
        time.sleep(0.05)


def _settle(folder: Path) -> None:
    """Wait until the processes of a dead driver have ended, and nothing more appears."""
    before = -1
    while len(painted_in(folder)) != before:
        before = len(painted_in(folder))
        time.sleep(10.0)


def _examine(result: Soaked, folder: Path, reports: list[list[dict[str, Any]]]) -> None:
    """Compare the results with those of the sequential run, and count what the reports say."""
    hashes = {path.name: _hashed(path) for path in painted_in(folder)}
    result.equal = sum(hashes.get(path.name) == _hashed(path) for path in (folder / "whole").glob("*.png"))
    result.rows = len({row["output"] for row in reports[-1]})
    result.painted = [sum(row["status"] == "painted" for row in rows) for rows in reports]
    result.resumed = sum(
        row["resumed_at"] is not None and row["status"] == "painted" for rows in reports for row in rows
    )
    result.left = len({path.name for path in (folder / "out").iterdir()} - {*hashes, "report.jsonl"})
    statuses = Counter(row["status"] for row in reports[-1])
    if result.equal != result.pictures or len(hashes) != result.pictures:
        result.failures.append(f"{result.equal} of {len(hashes)} results are those of the sequential run")
    if statuses.keys() - {"painted", "skipped"} or result.rows != result.pictures or result.left:
        result.failures.append(f"the report says {dict(statuses)}; {result.left} other files are left")
    if sum(result.painted) + result.unreported != result.pictures:
        result.failures.append(f"{result.painted} painted, {result.unreported} not reported: some twice")


def _hashed(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
