"""Clients of an exported model in TensorFlow's C library, the engine of TF Serving, without TensorFlow's Python.

Run as a program: it reads a pickled task, and writes a pickled result. As in the Dockerfile, eight requests are
computed at a time; the others wait.
"""

import importlib.util
import pickle
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SESSION = Path(__file__).parents[2] / "tests" / "helpers" / "c_session.py"
AT_ONCE = 8
INVALID_ARGUMENT, DEADLINE_EXCEEDED = 3, 4
LONG = 100_000
"""Steps that no deadline of an impatient client allows."""


def main() -> None:
    """Read the task's file, and write the result's."""
    task = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 (our own)
    Path(sys.argv[2]).write_bytes(pickle.dumps(play(task)))


def play(task: dict[str, Any]) -> dict[str, Any]:
    """Run clients for some seconds.

    Args:
        task: `folder`, `seconds`, `clients`, `feeds` (dictionaries from tensor names to arrays), `steps` (name of the
            tensor of steps), `content` (name of the tensor of contents), `fetch` (name of the painting's tensor).

    Returns:
        `alone`, the paintings of the feeds one by one; `answers`, tuples of kind, client, outcome, seconds, seconds
        waited and painted, and a note; `memory`, tuples of seconds and MB.
    """
    helper = _helper()
    session = helper.Session(task["folder"])
    alone = [session.run(feeds, [task["fetch"]], 0)[0][0] for feeds in task["feeds"]]
    answers: list[tuple[Any, ...]] = []
    memory: list[tuple[float, float]] = []
    servers, begun = ThreadPoolExecutor(AT_ONCE), time.monotonic()

    def client(number: int) -> None:
        """Send requests of one kind until the time is over."""
        chance = random.Random(number)  # noqa: S311 (not cryptographic)
        kind = KINDS[number % len(KINDS)]
        while time.monotonic() - begun < task["seconds"]:
            chosen = chance.randrange(len(alone))
            asked = time.monotonic()
            admitted, outcome, note = servers.submit(serve, kind, chosen).result()
            ended = time.monotonic()
            times = ended - asked, admitted - asked, ended - admitted
            answers.append((kind.__name__, number, outcome, *times, note))

    def serve(kind: Any, chosen: int) -> tuple[float, str, str]:
        """Answer a request, whose turn has come."""
        return time.monotonic(), *kind(helper, session, task, chosen, alone[chosen])

    threads = [threading.Thread(target=client, args=(number,)) for number in range(task["clients"])]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        memory.append((time.monotonic() - begun, helper.resident_megabytes()))
        time.sleep(0.5)
    return {"alone": alone, "answers": answers, "memory": memory}


def painting(_: Any, session: Any, task: dict[str, Any], chosen: int, right: bytes) -> tuple[str, str]:
    """Ask for a painting, and compare its bytes."""
    painted = session.run(task["feeds"][chosen], [task["fetch"]], 0)[0][0]
    return ("right", "") if painted == right else ("wrong", f"{len(painted)} other bytes")


def impatient(helper: Any, session: Any, task: dict[str, Any], chosen: int, _: bytes) -> tuple[str, str]:
    """Ask for far too many steps with a short deadline."""
    feeds = task["feeds"][chosen]
    many = feeds | {task["steps"]: feeds[task["steps"]] * 0 + LONG}
    return _refused(helper, session, many, task["fetch"], 200, DEADLINE_EXCEEDED)


def bad(helper: Any, session: Any, task: dict[str, Any], chosen: int, _: bytes) -> tuple[str, str]:
    """Send half of a picture."""
    feeds = dict(task["feeds"][chosen])
    content = feeds[task["content"]].copy()
    content[0] = content[0][: len(content[0]) // 2]
    return _refused(helper, session, feeds | {task["content"]: content}, task["fetch"], 0, INVALID_ARGUMENT)


def _refused(helper: Any, session: Any, feeds: Any, fetch: str, timeout_ms: int, code: int) -> tuple[str, str]:
    try:
        session.run(feeds, [fetch], timeout_ms)
    except helper.FailedError as error:
        return ("refused", "") if error.args[0] == code else ("wrong", f"{error.args[0]}, not {code}")
    return "wrong", f"an answer, not {code}"


KINDS = (painting, painting, painting, painting, painting, painting, impatient, bad)
"""Kinds of clients, in turn."""


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
