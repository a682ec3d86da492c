"""Pictures and small networks that several tests share."""

import atexit
import os
import signal
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # several wait for each other where other programs are busy

import keras
import numpy as np
import pytest
from PIL import Image

from nst_tf.weights.cache_folder import remember_failure
from nst_tf_cli.terminal.signals import SIGNALS

ROOT = Path(__file__).parents[1]
SHARED_IMAGES = ROOT.parent / "shared" / "images"
OWN_ENVIRONMENT = dict(os.environ)
"""The environment as it was, with the machine's own caches and its way to the network."""


def pytest_configure():
    """Close the ways to the network, and keep out of the machine's caches; whatever tests start inherits it."""
    caches = tempfile.TemporaryDirectory(prefix="nst-tf-tests-")
    atexit.register(caches.cleanup)
    os.environ |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    os.environ |= dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1")
    os.environ |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
    os.environ |= {"KERAS_HOME": f"{caches.name}/keras", "NST_TF_CACHE": f"{caches.name}/cache"}
    os.environ["XDG_DATA_HOME"] = f"{caches.name}/data"
    os.environ["NST_TF_CONFIG"] = ""  # no file of the user's own
    remember_failure("Tests have no network.")  # so that `auto` does not look for one every time


@pytest.fixture
def own_environment(monkeypatch):
    """The machine's own caches, index and network for one test."""
    for name in {*os.environ, *OWN_ENVIRONMENT} - {"PYTEST_CURRENT_TEST"}:
        if name not in OWN_ENVIRONMENT:
            monkeypatch.delenv(name, raising=False)
        elif os.environ.get(name) != OWN_ENVIRONMENT[name]:
            monkeypatch.setenv(name, OWN_ENVIRONMENT[name])


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def shared_images():
    if not SHARED_IMAGES.is_dir():
        pytest.skip("the real pictures of ../shared/images are not beside this checkout")
    return SHARED_IMAGES


@pytest.fixture(scope="session")
def tiny_network():
    """Two convolutions with few filters under VGG-19's names, float64, to check what needs no real network."""
    keras.utils.set_random_seed(3)
    image = keras.Input((None, None, 3), dtype="float64")
    first = keras.layers.Conv2D(4, 3, padding="same", activation="relu", dtype="float64")(image)
    pooled = keras.layers.AveragePooling2D(2, dtype="float64")(first)
    second = keras.layers.Conv2D(6, 3, padding="same", activation="relu", dtype="float64")(pooled)
    return keras.Model(image, {"block1_conv1": first, "block4_conv2": second})


@pytest.fixture
def pictures(tmp_path, rng, monkeypatch):
    """A folder, made the current one, with photo.jpg (48x40) and painting.jpg (40x44): smooth, colored, different."""
    for name, size in (("photo.jpg", (48, 40)), ("painting.jpg", (40, 44))):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).save(tmp_path / name, quality=95)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def signals_as_before():
    """Undo what a command in this process does to signals, as one may ignore them to its end; children inherit it."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
