"""`nst-tf serve` as a process that is killed while a client paints, and started again on the same port."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from nst_tf_serving import SliceOptions, request_painting

ROOT = Path(__file__).parents[2]
PATHS = {"PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in (".", "cli", "serving"))}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def paint_through_kills(folder, content, style, *, kills, settings, seconds):
    """Paint in slices, and kill the server in the slice after these steps; return the painting, and all steps seen."""
    port, left, steps, servers, dying = free_port(), list(kills), [], [], threading.Event()

    def start():
        line = [sys.executable, "-m", "nst_tf_cli", "serve", str(folder), "--port", str(port)]
        servers.append(
            subprocess.Popen(line, env=os.environ | PATHS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        )
        dying.clear()

    def kill():
        servers[-1].kill()
        servers[-1].wait()
        threading.Timer(0.5, start).start()

    def note(progress):
        steps.append(progress.step)
        if left and progress.step >= left[0] and not dying.is_set():
            left.pop(0)
            dying.set()
            threading.Timer(seconds / 2, kill).start()

    with contextlib.ExitStack() as stack:
        stack.callback(lambda: [_end(each) for each in servers])
        start()
        servers[0].stdout.readline()
        url, options = f"http://127.0.0.1:{port}", SliceOptions(seconds=seconds)
        served = request_painting(url, content, style, settings=settings, slices=options, on_progress=note)
    assert not left and len(servers) == len(kills) + 1
    return served, steps


def _end(process):
    process.kill()
    process.communicate()
