"""Clients of an exported model in TensorFlow's C library, the engine of TF Serving, without TensorFlow's Python.

Run as a program: it reads a pickled task, and writes a pickled result. As in the Dockerfile, eight requests are
computed at a time; the others wait for their turn.
"""

import importlib.util
import pickle
import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SESSION = Path(__file__).parents[3] / "tests" / "helpers" / "c_session.py"
AT_ONCE = 8
INVALID_ARGUMENT, DEADLINE_EXCEEDED = 3, 4

LONG = 1000
"""Steps that no deadline of an impatient client allows."""

IMPATIENT_MS = 200

Request = tuple[dict[str, Any], list[str]]
"""Arrays by tensor name, and the names of the tensors to fetch."""

Ask = Callable[..., list[Any]]
"""Runs a request when its turn comes, with a deadline in milliseconds if one is given."""


def main() -> None:
    """Read the task's file, and write the result's."""
    task = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 (our own)
    Path(sys.argv[2]).write_bytes(pickle.dumps(play(task)))


def play(task: dict[str, Any]) -> dict[str, Any]:
    """Run clients for some seconds.

    Args:
        task: `folder`, `seconds`, `clients`, `works` (list of arrays by input name), and `names` (from a signature to
            the tensor names of its inputs and its outputs).

    Returns:
        `alone`, the paintings of the works one by one; `answers`, the fields of an `Answer`; `memory`, tuples of
        seconds and MB.
    """
    helper = _helper()
    session, names = helper.Session(task["folder"]), task["names"]
    alone = [session.run(*_stylize(names, work))[0][0] for work in task["works"]]
    answers: list[tuple[Any, ...]] = []
    memory: list[tuple[float, float]] = []
    turns, begun = ThreadPoolExecutor(AT_ONCE), time.monotonic()

    def client(number: int) -> None:
        """Send requests of one kind until the time is over."""
        chance = random.Random(number)  # noqa: S311 (not cryptographic)
        name, kind = list(KINDS.items())[SHARES[number % len(SHARES)]]
        while time.monotonic() - begun < task["seconds"]:
            times: list[tuple[float, float]] = []
            chosen, asked = chance.randrange(len(alone)), time.monotonic()
            try:
                painted = kind(_in_turn(turns, session, times), names, task["works"][chosen], chance)
                outcome = ("right", "") if painted == alone[chosen] else ("wrong", f"{len(painted)} other bytes")
            except helper.FailedError as error:
                expected = REFUSALS.get(name) == error.args[0]
                outcome = ("refused", "") if expected else ("lost", str(error.args))
            waited, ran = (sum(column) for column in zip(*times, strict=True))
            answers.append((name, number, outcome[0], time.monotonic() - asked, waited, ran, outcome[1]))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(task["clients"])]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        memory.append((time.monotonic() - begun, helper.resident_megabytes()))
        time.sleep(0.5)
    return {"alone": alone, "answers": answers, "memory": memory}


def _in_turn(turns: ThreadPoolExecutor, session: Any, times: list[tuple[float, float]]) -> Ask:
    def ask(request: Request, timeout_ms: int = 0) -> list[Any]:
        """Run a request when its turn comes; note how long it waited and ran."""
        asked = time.monotonic()

        def run() -> list[Any]:
            """Run the request, whose turn has come."""
            begun = time.monotonic()
            try:
                arrays: list[Any] = session.run(*request, timeout_ms)
                return arrays
            finally:
                times.append((begun - asked, time.monotonic() - begun))

        return turns.submit(run).result()

    return ask


def single(ask: Ask, names: Any, work: Any, _: random.Random) -> bytes:
    """Ask for a painting in one call."""
    painting: bytes = ask(_stylize(names, work))[0][0]
    return painting


def slices(ask: Ask, names: Any, work: Any, chance: random.Random) -> bytes:
    """Ask for a painting in slices of random lengths."""
    pictures = {name: work[name] for name in ("content_bytes", "style_bytes")}
    (state,) = ask(_request(names, "begin", work, ["state_bytes"]))
    painting = b""
    while not painting:
        steps = work["steps"] * 0 + chance.randint(1, 9)
        inputs = {**pictures, "state_bytes": state, "steps": steps, "preview": steps * 0}
        state, stylized = ask(_request(names, "advance", inputs, ["state_bytes", "stylized_bytes"]))
        painting = stylized[0]
    return painting


def impatient(ask: Ask, names: Any, work: Any, _: random.Random) -> bytes:
    """Ask for far too many steps with a short deadline."""
    painting: bytes = ask(_stylize(names, work | {"steps": work["steps"] * 0 + LONG}), IMPATIENT_MS)[0][0]
    return painting


def bad(ask: Ask, names: Any, work: Any, _: random.Random) -> bytes:
    """Send half of a picture."""
    content = work["content_bytes"].copy()
    content[0] = content[0][: len(content[0]) // 2]
    painting: bytes = ask(_stylize(names, work | {"content_bytes": content}))[0][0]
    return painting


KINDS: dict[str, Callable[..., bytes]] = {
    "one call": single,
    "in slices": slices,
    "short deadline": impatient,
    "bad": bad,
}

SHARES = (0, 1, 0, 1, 0, 2, 1, 3)
"""Kinds of eight clients."""

REFUSALS = {"short deadline": DEADLINE_EXCEEDED, "bad": INVALID_ARGUMENT}
"""Status of the refusal that is right for a kind."""


def _stylize(names: Any, work: Any) -> Request:
    return _request(names, "stylize_bytes", work, ["stylized_bytes"])


def _request(names: Any, signature: str, inputs: Any, fetches: list[str]) -> Request:
    keys, outputs = names[signature]
    return {keys[name]: value for name, value in inputs.items()}, [outputs[name] for name in fetches]


def _helper() -> Any:
    """Load the test suite's session of the C library."""
    spec = importlib.util.spec_from_file_location("c_session", SESSION)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(SESSION)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
