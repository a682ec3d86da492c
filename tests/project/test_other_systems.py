"""Windows and macOS, as far as Linux can tell: nothing that is imported needs what only POSIX has."""

import os
import subprocess
import sys

SCRIPT = """
import contextlib, importlib, io, os, pkgutil, signal, sys
import filelock, h5py, keras, numpy, PIL.Image, platformdirs, psutil, rich.console, tensorflow, tifffile, typer

POSIX = ("fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
sys.modules |= dict.fromkeys(POSIX)  # after other packages, which have their own ways on each system
for name in ("SIGALRM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "pthread_sigmask", "alarm"):
    delattr(signal, name)
for name in ("fork", "geteuid", "getuid", "getpgid", "killpg", "mkfifo", "sched_getaffinity", "statvfs", "uname"):
    delattr(os, name)

import nst_tf, nst_tf_cli, nst_tf_serving

for package in (nst_tf, nst_tf_cli, nst_tf_serving):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                assert error.name in ("ray", "fsspec", "tensorflow_serving", "starlette", "uvicorn", "httpx"), error
from nst_tf_cli.app import app

with contextlib.redirect_stdout(io.StringIO()) as shown:
    app(["--version"], standalone_mode=False)
nst_tf.save_image("out.png", numpy.full((8, 8, 3), 0.5, "float32"))
assert nst_tf.load_image("out.png").shape == (1, 8, 8, 3)
print(shown.getvalue().strip())
"""


def test_nothing_needs_what_only_posix_has(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout.startswith("nst-tf "), ended.stderr[-3000:]
