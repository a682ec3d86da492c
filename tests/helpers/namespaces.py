"""Processes that see file systems of their own."""

import os
import shutil
import subprocess
import sys

import pytest


def in_namespace(script, folder, **environment):
    """Run a shell's script in a folder, where it may mount what it likes."""
    return subprocess.run(
        ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-m", "sh", "-c", f"mount --make-rprivate / && {script}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        check=False,
        capture_output=True,
        text=True,
    )


def need_mounts(folder):
    """Skip a test where nothing can be mounted."""
    if not shutil.which("unshare") or in_namespace("mount -t tmpfs t .", folder).returncode:
        pytest.skip("nothing can be mounted here")
