"""Measure the numbers of docs/reliability.md, and those of serving/deploy/README.md about load: `make soak`."""

import importlib.metadata
import os
import platform
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Document = Annotated[Path, typer.Option(help="Markdown file that gets the table.")]

DOCUMENT = Path("docs/reliability.md")
SERVING = Path("serving/deploy/README.md")
ASSETS = Path("cli/nst_tf_cli/assets")


@app.command("kills")
def kills_command(
    trials: Annotated[int, typer.Option(help="Runs to kill and resume.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the moments.")] = 0,
    document: Document = DOCUMENT,
) -> None:
    """Kill runs at random moments, resume them, and compare the paintings."""
    from tools.compare_networks.document import table
    from tools.soak.kills import MOMENTS, soak
    from tools.soak.processes import prepare

    begun = time.monotonic()
    prepare()
    tallies = soak(trials, seed, pictures=_pictures(), echo=typer.echo)
    rows = [
        [name, *map(str, (each.runs, sum(each.kills.values()), each.resumes, each.fresh, each.equal))]
        for name, each in tallies.items()
    ]
    sums = [sum(int(row[column]) for row in rows) for column in range(1, 6)]
    moments = ", ".join(f"{sum(each.kills[moment] for each in tallies.values())} {moment}" for moment in MOMENTS)
    failures = [f"{name}: {failure}" for name, each in tallies.items() for failure in each.failures]
    header = ["Run", "runs", "kills", "resumes", "started again", "same bytes"]
    summary = (
        f"{_machine()}: {sums[1]} kills ({moments}) in {time.monotonic() - begun:.0f} s, seed {seed}. "
        f"{sums[4]} of {sums[0]} paintings equal those of uninterrupted runs byte for byte."
    )
    _publish(document, "kills", summary, table(header, [*rows, ["all", *map(str, sums)]]), failures)


@app.command("faults")
def faults_command(document: Document = DOCUMENT) -> None:
    """Break the disk of running processes, and look for their paintings."""
    from tools.compare_networks.document import table
    from tools.soak.faults import DISK_KIB, FAULTS, can_mount, strike
    from tools.soak.processes import prepare

    if not can_mount():
        typer.echo("A small disk can't be mounted here, so nothing is measured; try as root, on Linux.", err=True)
        return
    prepare()
    findings = [strike(fault, pictures=_pictures()) for fault in FAULTS]
    rows = [[each.name, each.kept, str(each.code)] for each in findings]
    failures = [f"{each.name}: {each.troubles}" for each in findings if each.troubles]
    summary = f"{_machine()}: a tmpfs of {DISK_KIB} KiB that fills up, or turns read-only, in mid-run."
    header = ["What breaks", "where the painting is, to the byte", "exit code"]
    _publish(document, "faults", summary, table(header, rows, texts=2), failures)


@app.command("batches")
def batches_command(
    pictures: Annotated[int, typer.Option(help="Pictures of the batch.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the pictures.")] = 0,
    document: Document = DOCUMENT,
) -> None:
    """Kill a node and the driver of a batch on a cluster, add a node, and compare the paintings."""
    from tools.compare_networks.document import table
    from tools.soak.batches import soak_batch

    found = soak_batch(pictures, seed=seed, echo=typer.echo)
    painted = " + ".join(map(str, found.painted))
    rows = [
        ["results that are there, with the bytes of a sequential run", f"{found.equal} of {found.pictures}"],
        ["rows of the report, one per picture", str(found.rows)],
        ["painted by the first driver + by the second", painted],
        ["finished, but not yet reported, when the first driver was killed", str(found.unreported)],
        ["continued from a checkpoint of a process that was killed", str(found.resumed)],
        ["files that are left beside results and report", str(found.left)],
    ]
    summary = (
        f"{_machine()}, ray {importlib.metadata.version('ray')}: {found.pictures} pictures of 48 to 64 px on "
        "three nodes of one core; one node is killed and one added, the driver is killed and started again; "
        f"{found.seconds[0]:.0f} s, and {found.seconds[1]:.0f} s in one process, on a machine with other work."
    )
    _publish(document, "batches", summary, table(["What", "count"], rows), found.failures)


@app.command("load")
def load_command(
    minutes: Annotated[float, typer.Option(help="Minutes against each server.")] = 10,
    clients: Annotated[int, typer.Option(help="Clients at once.")] = 64,
    document: Document = SERVING,
) -> None:
    """Play many clients against the local server and TensorFlow's C library, and compare every answer."""
    from tools.compare_networks.document import table
    from tools.soak.load.driver import THREADS, soak_load
    from tools.soak.load.engine import AT_ONCE
    from tools.soak.load.memory import memory_failures, memory_sentence
    from tools.soak.load.records import failures, rows_by_kind

    found = soak_load(minutes * 60, clients, echo=typer.echo)
    header = ["Clients (how many)", "right", "refused, as is right", "hung up", "queue full", "wrong or lost"]
    header += ["answer, s", "waiting, s", "painting, s", "fairness"]
    parts, failed = [], [] if found.code == 0 else [f"the local server ended with {found.code}"]
    for name, at_once, load in (("The local server", THREADS, found.server), ("The C library", AT_ONCE, found.engine)):
        parts.append(f"{name}, {at_once} paintings at a time. {memory_sentence(load.memory)}")
        parts.append(table(header, rows_by_kind(load)))
        failed += failures(load) + memory_failures(name, load.memory)
    summary = (
        f"{_machine()}: {clients} clients for {minutes:g} minutes against each server, pictures of up to 64 px, random "
        f"filters. Every painting is compared with the one that the same request got alone; {found.same} of "
        f"{found.works} of these are the same to the byte in both servers. Fairness is Jain's index of the paintings "
        "that the clients of a kind got: 1 if all got as many. Times are p50 / p95; a refused client asks again."
    )
    _publish(document, "load", summary, "\n\n".join(parts), failed[:20])


def _publish(document: Path, name: str, summary: str, rows: str, failures: Sequence[str]) -> None:
    """Print the numbers and write them into the document; exit with 1 if something was lost."""
    from tools.compare_networks.document import write_block

    body = "\n\n".join([summary, rows, *(f"FAILED: {failure}" for failure in failures)])
    typer.echo(body)
    write_block(document, name, body)
    if failures:
        raise typer.Exit(1)


def _pictures() -> tuple[Path, Path]:
    return (ASSETS / "scene.png").absolute(), (ASSETS / "painting.png").absolute()


def _machine() -> str:
    """Describe the machine, the versions and the date in one line."""
    from nst_tf.runs.provenance import installed_versions

    versions = ", ".join(f"{name} {version}" for name, version in installed_versions().items())
    today = datetime.now(timezone.utc).date()
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {versions}; {today}"


if __name__ == "__main__":
    app()
