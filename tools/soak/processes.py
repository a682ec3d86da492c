"""Run the command line in child processes that can be killed.

Each is a fork of this process, which has imported TensorFlow but not used it yet, so that a run starts within
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
"""Seconds after which a run counts as hanging."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a process ended.

    Attributes:
        code: Exit code, or minus the number of the signal that killed it.
        output: Its stdout and stderr.
        seconds: Duration.
    """

    code: int
    output: str
    seconds: float


def prepare() -> None:
    """Import the modules that a run needs, once for all forks."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras  # noqa: F401
    import tensorflow  # noqa: F401

    from nst_tf import transfer  # noqa: F401
    from nst_tf.jobs import paint  # noqa: F401


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
        arguments: Arguments of the command.
        folder: Current folder of the process.
        until: Tells, from the seconds so far, whether to interfere now.
        then: Interferes once, given the process's id; kills it by default.
        environment: Environment variables to set.
    """
    log = tempfile.TemporaryFile()  # noqa: SIM115 (closed below)
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
    """Run the command in a fork; never returns."""
    from nst_tf_cli.app import app

    code = 99
    try:
        os.chdir(folder)
        os.environ.update(environment)
        tempfile.tempdir = None  # read the changed environment
        os.dup2(log, 1)
        os.dup2(log, 2)
        app(list(arguments))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        os._exit(code)
