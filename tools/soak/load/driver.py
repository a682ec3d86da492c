"""Many clients of many kinds at once, against the local server and against TensorFlow's C library."""

import importlib
import pickle
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from tools.soak.load.cast import kind_of
from tools.soak.load.job_clients import painted_alone
from tools.soak.load.records import BUSY, LOST, Answer, Load, Outcome
from tools.soak.load.works import Scene, Work, answered_alone, export_model, make_works

WORKS = 12
THREADS, QUEUE = 2, 32
"""Paintings at a time and in the queue of the local server; with more clients, some are refused and ask again."""

INTS = ("steps", "size", "seed")


@dataclass(frozen=True)
class Findings:
    """What a load test found.

    Attributes:
        server: The load of the local server.
        engine: The load of the C library.
        same: Paintings of which the local server and the C library give the same bytes.
        works: Paintings in all.
        code: Exit code of the local server at the end.
    """

    server: Load
    engine: Load
    same: int
    works: int
    code: int


def soak_load(seconds: float, clients: int, *, echo: Callable[[str], None]) -> Findings:
    """Play the clients against one server and then the other, each for some seconds."""
    with tempfile.TemporaryDirectory(prefix="nst-tf-load-") as name:
        importlib.import_module("nst_tf_serving.client.grpc")  # before there are threads that need it
        echo("exporting")
        version = export_model(Path(name))
        echo("the local server")
        works, server, code = _load_server(version.parent, seconds, clients)
        echo("the C library")
        alone, engine = _load_engine(version, works, Path(name), seconds, clients)
    same = sum(work.png == png for work, png in zip(works, alone, strict=True))
    return Findings(server, engine, same, len(works), code)


def _load_server(folder: Path, seconds: float, clients: int) -> tuple[list[Work], Load, int]:
    from nst_tf_serving.client.rest import RestTransport

    with _served(folder) as (process, rest, grpc):
        works = answered_alone(make_works(WORKS), RestTransport(rest))
        scene = Scene(rest=rest, grpc=grpc, works=works, job=painted_alone(rest, works[0]))
        load = _play(scene, seconds, clients, psutil.Process(process.pid))
        answered_alone(works, RestTransport(rest))  # it still answers
        process.send_signal(signal.SIGTERM)
        return works, load, process.wait(60)


@contextmanager
def _served(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", str, str]]:
    """Start `nst-tf serve` on free ports of this machine; yields the process and both addresses."""
    line = [sys.executable, "-m", "nst_tf_cli", "serve", str(folder), "--port", "0", "--grpc-port", "0"]
    line += ["--threads", str(THREADS), "--queue", str(QUEUE), "--jobs", str(folder.parent / "jobs")]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own)
        try:
            said = [process.stdout.readline() for _ in range(2)] if process.stdout else []
            rest, grpc = re.search(r"http://[^/]+", said[0]), re.search(r"gRPC at (\S+)", said[1])
            if rest is None or grpc is None:
                raise RuntimeError(f"The server did not start: {said}")
            yield process, rest[0], grpc[1]
        finally:
            process.kill()


def _play(scene: Scene, seconds: float, clients: int, server: psutil.Process) -> Load:
    """Run the clients in threads until the time is over, and record the server's memory meanwhile."""
    answers: list[Answer] = []
    memory: list[tuple[float, float]] = []
    begun = time.monotonic()

    def client(number: int) -> None:
        """Send requests of one kind until the time is over."""
        chance = random.Random(number)  # noqa: S311 (not cryptographic)
        name, kind = kind_of(number)
        while time.monotonic() - begun < seconds:
            asked = time.monotonic()
            try:
                outcome = kind(scene, chance)
            except Exception as error:  # a client's own failure is a lost answer, too
                outcome = Outcome(LOST, f"{type(error).__name__}: {error}")
            answers.append(Answer(kind=name, client=number, seconds=time.monotonic() - asked, **vars(outcome)))
            if outcome.outcome in (BUSY, LOST):
                time.sleep(chance.uniform(0.05, 0.5))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        memory.append((time.monotonic() - begun, _megabytes(server)))
        time.sleep(0.5)
    return Load(answers, memory)


def _megabytes(server: psutil.Process) -> float:
    """Return the resident memory of the server, and of the process that paints its jobs, in MB."""
    resident = 0
    for process in (server, *server.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            resident += process.memory_info().rss
    return resident / 2**20


def _load_engine(
    version: Path, works: list[Work], folder: Path, seconds: float, clients: int
) -> tuple[list[bytes], Load]:
    """Run the clients of the C library in a process that does not import TensorFlow's Python."""
    rows = [{name: _row(name, value) for name, value in work.inputs.items()} for work in works]
    task = {"folder": str(version), "seconds": seconds, "clients": clients, "works": rows}
    task["names"] = _tensor_names(version)
    (folder / "task").write_bytes(pickle.dumps(task))
    program = Path(__file__).with_name("engine.py")
    subprocess.run([sys.executable, program, folder / "task", folder / "result"], check=True)  # noqa: S603 (our own)
    result = pickle.loads((folder / "result").read_bytes())  # noqa: S301 (our own)
    keys = ("kind", "client", "outcome", "seconds", "waited", "painted", "note")
    answers = [Answer(**dict(zip(keys, each, strict=True))) for each in result["answers"]]
    return result["alone"], Load(answers, result["memory"])


def _tensor_names(version: Path) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Return, for each signature, the tensor names of its inputs and of its outputs."""
    from nst_tf_serving.model_versions import MODEL_FILE
    from nst_tf_serving.server.signature_records import read_signatures

    _, definitions = read_signatures(version / MODEL_FILE)
    return {
        signature: (_tensors(definition["inputs"]), _tensors(definition["outputs"]))
        for signature, definition in definitions.items()
    }


def _tensors(described: Mapping[str, Any]) -> dict[str, str]:
    return {name: each["name"] for name, each in described.items()}


def _row(name: str, value: Any) -> Any:
    if isinstance(value, (bytes, str)):
        return np.array([value.encode() if isinstance(value, str) else value], object)
    return np.array([value], np.int32 if name in INTS else np.float32)
