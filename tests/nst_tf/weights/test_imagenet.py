"""Keras' ImageNet file: what happens when it is absent, foreign, or there."""

import hashlib
import os
import subprocess
import sys
import time

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from nst_tf import MissingWeightsError, load_weights
from nst_tf.layers import LAYERS
from nst_tf.weights import imagenet


def nst_tf_in(home, *arguments):
    """Run the command line with a Keras home of its own and every way to the network closed."""
    closed = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}
    return subprocess.run(
        [sys.executable, "-m", "nst_tf_cli", *arguments],
        env={**os.environ, **closed, "KERAS_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_absent_weights_and_no_network_give_one_line(tmp_path):
    result = nst_tf_in(tmp_path, "weights", "fetch")
    assert result.returncode == 2
    assert "can't be downloaded" in result.stderr and "nst-tf weights fetch" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("*.h5"))


def test_foreign_file_under_keras_name_is_neither_used_nor_touched(tmp_path):
    path = tmp_path / "models" / imagenet.cached_file().name
    path.parent.mkdir()
    path.write_bytes(b"converted by hand, and precious")
    result = nst_tf_in(tmp_path, "weights", "check", "imagenet")
    assert result.returncode == 2
    assert "is not Keras' ImageNet file" in result.stderr
    assert path.read_bytes() == b"converted by hand, and precious"


def test_auto_falls_back_to_the_built_in_network_and_says_so(tmp_path):
    result = nst_tf_in(tmp_path, "weights", "check", "auto")
    assert result.returncode == 0
    assert "Painting with the built-in network" in result.stderr
    assert result.stdout.startswith("builtin: 16 convolutions")


def test_network_that_swallows_packets_is_given_up_within_its_patience(tmp_path, monkeypatch):
    """A server that accepts and never answers stands for it."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(imagenet, "PATIENCE", 0.5)
        monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
        begun = time.monotonic()
        with pytest.raises(MissingWeightsError):
            imagenet.load_arrays()
        assert time.monotonic() - begun < imagenet.PATIENCE + 10


def test_cached_file_is_used_without_the_network(tmp_path, monkeypatch):
    """With a file that the test makes in place of ImageNet's, which means telling both checks its hash."""
    weights = load_weights("random")
    network = keras.applications.VGG19(include_top=False, weights=None)
    for name in LAYERS:
        network.get_layer(name).set_weights([weights.arrays[f"{name}/{part}"] for part in ("kernel", "bias")])
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    imagenet.cached_file().parent.mkdir()
    with h5py.File(imagenet.cached_file(), "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    monkeypatch.setattr(imagenet, "MD5", hashlib.md5(imagenet.cached_file().read_bytes()).hexdigest())
    monkeypatch.setattr("keras.src.utils.file_utils.validate_file", lambda *_, **__: True)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    loaded = imagenet.load_arrays()
    assert set(loaded) == set(weights.arrays)
    assert all(np.array_equal(loaded[name], weights.arrays[name]) for name in loaded)


def test_keras_own_file_is_loaded():
    if not imagenet.cached_file().is_file():
        pytest.skip("Keras' ImageNet file for VGG-19 (80 MB, no top) is not in Keras' cache on this machine")
    assert load_weights("imagenet").layers == LAYERS
