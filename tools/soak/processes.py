"""Runs of the command line in processes that can be killed.

Each is a fork of this process, which has imported TensorFlow but computed nothing with it yet: a run then begins within
milliseconds, at least on Linux.
"""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 300.0
"""Seconds after which a run that neither ends nor comes to where it is to be killed counts as hanging."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a process ended.

    Attributes:
        code: Its exit code, or minus the signal that killed it.
        output: What it said, on stdout and stderr.
        seconds: How long it ran.
    """

    code: int
    output: str
    seconds: float


def prepare() -> None:
    """Import all that a run needs, once for all forks."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras  # noqa: F401
    import tensorflow  # noqa: F401

    from nst_tf import transfer  # noqa: F401
    from nst_tf_cli import resume  # noqa: F401


def run(
    arguments: Sequence[str],
    folder: Path,
    *,
    until: Callable[[float], bool] = lambda _: False,
    then: Callable[[int], None] = lambda child: os.kill(child, signal.SIGKILL),
    environment: dict[str, str] | None = None,
) -> Outcome:
    """Run `nst-tf` in a folder.

    Args:
        arguments: The command's.
        folder: The process's current one.
        until: From the seconds so far to whether it is time to interfere.
        then: What to do with the process at that time, once; it is killed if nothing else is said.
        environment: Variables that differ.
    """
    log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in the end)
    child = os.fork()
    if not child:
        _become(arguments, folder, log.fileno(), environment or {})
    begun, interfered = time.monotonic(), False
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        seconds = time.monotonic() - begun
        if ended:
            with log:
                log.seek(0)
                said = log.read().decode()
            return Outcome(code=os.waitstatus_to_exitcode(status), output=said, seconds=seconds)
        if seconds > PATIENCE:
            os.kill(child, signal.SIGKILL)
        if not interfered and until(seconds):
            then(child)
            interfered = True
        time.sleep(0.0005)


def _become(arguments: Sequence[str], folder: Path, log: int, environment: dict[str, str]) -> None:
    """Turn a fork into the command; never returns."""
    from nst_tf_cli.app import app

    code = 99
    try:
        os.chdir(folder)
        os.environ.update(environment)
        tempfile.tempdir = None  # what the environment says now
        os.dup2(log, 1)
        os.dup2(log, 2)
        app(list(arguments))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        os._exit(code)
