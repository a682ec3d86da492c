"""Processes that are killed, or lose their terminal. `make soak` has many more of them."""

import os
import signal
import subprocess
import sys
import time

import pytest
from helpers.command_line import run

from nst_tf import load_image, read_metadata
from nst_tf.jobs.checkpoints import checkpoint_files

RUN = ["stylize", "photo.jpg", "painting.jpg", "-o", "out.png", "--weights", "random", "--size", "40"]
LBFGS = ["--optimizer", "lbfgs", "--scales", "2", "--steps", "40", "--coarse-steps", "5", "--start", "noise"]
BLOCKS = ["--size", "120", "--block", "80", "--scales", "1", "--steps", "8"]
KEPT = ["--checkpoint", "run", "--checkpoint-every", "3"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
PATIENCE = 180
"""Seconds after which a test gives up."""


def appears(pattern, folder):
    """Wait for a file."""
    end = time.monotonic() + PATIENCE
    while not list(folder.glob(pattern)):
        assert time.monotonic() < end, f"{pattern} never came"
        time.sleep(0.005)


@pytest.mark.parametrize("settings", [LBFGS, BLOCKS], ids=["lbfgs", "blocks"])
def test_a_killed_run_resumes_to_the_same_bytes(settings, pictures):
    command = [sys.executable, "-m", "nst_tf_cli", *RUN, *settings, *KEPT, "--quiet"]
    with subprocess.Popen(command, env=ENVIRONMENT) as process:
        appears("run/step-00000000[69].npz", pictures)
        process.kill()
    assert process.returncode == -signal.SIGKILL and not (pictures / "out.png").exists()
    result = run("resume", "run", "--quiet")
    assert result.exit_code == 0, result.output
    painting = (pictures / "out.png").read_bytes()
    assert run(*RUN, *settings, "--overwrite", "--quiet").exit_code == 0
    assert (pictures / "out.png").read_bytes() == painting


ON_A_TERMINAL = """
import os, pty, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests themselves run under nohup
child, terminal = pty.fork()
if not child:
    os.execv(sys.executable, sys.argv[1:])
sys.stdin.read()
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
"""Runs a command on a terminal of its own, which is closed when the standard input ends; exits as the command does."""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_picture_and_checkpoint_and_says_how_to_go_on(number, code, pictures):
    command = [sys.executable, "-m", "nst_tf_cli", *RUN, "--steps", "100000", "--scales", "1", *KEPT, "--quiet"]
    with subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        appears("run/step-00000000[369].npz", pictures)
        process.send_signal(number)
        first, last = process.stderr.read().splitlines()
    assert process.returncode == code
    assert first == "Stopping after this step and saving the picture; Ctrl-C again quits without saving."
    newest = int(checkpoint_files(pictures / "run")[0].stem.removeprefix("step-"))
    assert last == (
        f"Error: Interrupted at step {newest} of 100000; out.png holds what was painted. "
        "nst-tf resume run continues it."
    )
    assert read_metadata("out.png").ending.steps == newest


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system's terminals send no SIGHUP")
def test_a_closed_terminal_saves_picture_and_checkpoint(pictures):
    command = [sys.executable, "-m", "nst_tf_cli", *RUN, "--steps", "100000", "--scales", "1", *KEPT]
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *command], env=ENVIRONMENT, stdin=subprocess.PIPE
    ) as process:
        appears("run/step-00000000[369].npz", pictures)
    assert process.returncode == 128 + signal.SIGHUP
    assert load_image("out.png").shape == (1, 33, 40, 3)
    assert len(list((pictures / "run").glob("step-*.npz"))) == 2
