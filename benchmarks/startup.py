"""Processor time of whole commands, from the prompt to the file, beside that of importing TensorFlow and Keras alone.

Processor time (user and system) rather than elapsed time, the least of several rounds, as other processes may be busy.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.runs import Echo

IMPORTS = "import tensorflow, keras"
"""The baseline, in a Python of its own that does nothing else."""

SHORTEST = ("--size", "64", "--steps", "2", "--overwrite", "--quiet")


def commands(content: Path, style: Path, folder: Path) -> dict[str, list[str]]:
    """Return the command lines to measure, by name; the baseline is the first.

    Args:
        content: The photograph.
        style: The style picture.
        folder: Folder for what they write; `info` reads what `stylize` has written.
    """
    program = [sys.executable, "-m", "nst_tf_cli"]
    painting, swatch, demo = (str(folder / name) for name in ("painting.png", "texture.png", "demo.png"))
    return {
        IMPORTS: [sys.executable, "-c", IMPORTS],
        "stylize": [*program, "stylize", str(content), str(style), *SHORTEST, "--scales", "1", "--output", painting],
        "texture": [*program, "texture", str(style), *SHORTEST, "--output", swatch],
        "demo": [*program, "demo", *SHORTEST, "--output", demo],
        "info": [*program, "info", painting],
    }


def least_seconds(lines: Mapping[str, Sequence[str]], *, rounds: int, echo: Echo) -> dict[str, float]:
    """Run all command lines in turn, a number of times, and return the least processor time of each."""
    least: dict[str, float] = {}
    for _ in range(rounds):
        for name, line in lines.items():
            seconds = _processor_seconds(line)
            least[name] = min(seconds, least.get(name, seconds))
            echo(f"{name:26} {seconds:.2f} s")
    return least


def _processor_seconds(line: Sequence[str]) -> float:
    """Run a command line, and return the processor time of its process.

    Raises:
        RuntimeError: If it fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    finished = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if finished.returncode:
        raise RuntimeError(f"The command failed: {' '.join(line)}\n{finished.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
