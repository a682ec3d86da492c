"""Run one measurement in a process of its own: reads a task from the command line, prints JSON.

python -m benchmarks.measure '{"kind": "steps", "side": "pytorch", "problem": "data.npz", ...}'
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.problem import Problem


def main() -> None:
    """Run the task, and print the result with the peak memory."""
    task = json.loads(sys.argv[1])
    kinds = {"steps": steps, "run": run, "evaluate": evaluate, "matmul": matmul, "terms": terms, "served": served}
    kinds["memory"] = memory
    result = kinds[task["kind"]](task)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**result, "megabytes": peak}))


def steps(task: dict[str, Any]) -> dict[str, Any]:
    """Time single steps of one side."""
    problem = Problem.read(Path(task["problem"]))
    if task["side"] == "pytorch":
        from benchmarks import pytorch

        options = {"precision": task["precision"], "channels_last": task.get("channels_last", False)}
        seconds, loss = pytorch.step_seconds(problem, task["count"], **options)
    else:
        from benchmarks import ours

        seconds, loss = ours.step_seconds(problem, task["count"], precision=task["precision"])
    return {"seconds": seconds, "loss": loss}


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Run the optimizer of one side, and save intermediate pictures to the task's file."""
    problem, wanted, settings = Problem.read(Path(task["problem"])), task["wanted"], task.get("settings", {})
    if task["side"] == "pytorch":
        from benchmarks import pytorch

        runs = {"lbfgs": pytorch.run_lbfgs, "adam": pytorch.run_adam, "pyramid": pytorch.run_pyramid}
        snapshots = runs[task["optimizer"]](problem, task["count"], wanted, **settings)
    else:
        from benchmarks import ours

        snapshots = ours.run(problem, wanted, **settings)
    np.savez(task["pictures"], *(picture for _, _, picture in snapshots))
    return {"seconds": [s for s, _, _ in snapshots], "evaluations": [e for _, e, _ in snapshots]}


def evaluate(task: dict[str, Any]) -> dict[str, Any]:
    """Evaluate the pictures of a run."""
    from benchmarks import pytorch

    with np.load(task["pictures"]) as stored:
        pictures = [stored[f"arr_{index}"] for index in range(len(stored.files))]
    return {"losses": pytorch.evaluate(Problem.read(Path(task["problem"])), pictures)}


def terms(task: dict[str, Any]) -> dict[str, Any]:
    """Paint two picture files with the task's settings, and return the final loss terms."""
    import nst_tf

    content, style = (nst_tf.load_image(task[name]) for name in ("content", "style"))
    return {"terms": nst_tf.stylize(content, style, config=nst_tf.StyleConfig(**task["settings"])).terms}


def served(task: dict[str, Any]) -> dict[str, Any]:
    """Time the exported model and the library alternately."""
    from benchmarks.served import compare

    return compare(Problem.read(Path(task["problem"])), precision=task["precision"], rounds=task["rounds"])


def memory(task: dict[str, Any]) -> dict[str, Any]:
    """Paint a large picture."""
    from benchmarks.memory import paint

    return paint(tuple(task["size"]), task["settings"])


def matmul(task: dict[str, Any]) -> dict[str, Any]:
    """Measure the matrix-multiply rate."""
    from benchmarks import ours

    return {"rate": ours.matmul_rate(task["precision"])}


if __name__ == "__main__":
    main()
