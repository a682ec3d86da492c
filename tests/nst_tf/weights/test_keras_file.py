"""Keras' ImageNet file: what happens when it is absent, foreign, or there, and how it is fetched."""

import contextlib
import fcntl
import hashlib
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from helpers.namespaces import in_namespace, need_mounts
from keras.src.applications import vgg19
from keras.src.backend.config import keras_home
from keras.src.legacy.saving import legacy_h5_format

from nst_tf import MissingWeightsError, load_weights
from nst_tf.layer_names import LAYERS
from nst_tf.weights import imagenet, keras_file, quantized
from nst_tf.weights.downloads import EXPLICIT, Patience


def nst_tf_in(home, *arguments):
    """Run the command line with a Keras home and a cache of its own."""
    own = {"KERAS_HOME": str(home), "NST_TF_CACHE": str(home / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-m", "nst_tf_cli", *arguments],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def keras_bytes(monkeypatch):
    """A file as Keras' is laid out, with random filters, whose hash is taken for that of Keras'."""
    weights = load_weights("random")
    network = keras.applications.VGG19(include_top=False, weights=None)
    for name in LAYERS:
        network.get_layer(name).set_weights([weights.arrays[f"{name}/{part}"] for part in ("kernel", "bias")])
    with h5py.File("in memory", "w", driver="core", backing_store=False) as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
        file.flush()
        data = file.id.get_file_image()
    monkeypatch.setattr(keras_file, "MD5", hashlib.md5(data).hexdigest())
    monkeypatch.setattr(keras_file, "SIZE", len(data))
    return data


@contextlib.contextmanager
def served(data, monkeypatch, *, status=200):
    """Have a server of this machine send some bytes in place of Keras' file."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(keras_file, "ADDRESS", f"http://127.0.0.1:{server.server_address[1]}/vgg19.h5")
        try:
            yield
        finally:
            server.shutdown()


def test_address_hash_and_place_are_those_of_keras(monkeypatch):
    assert keras_file.ADDRESS == vgg19.WEIGHTS_PATH_NO_TOP
    monkeypatch.setenv("KERAS_HOME", keras_home())
    models = Path(keras_home()).expanduser() / "models"
    assert keras_file.cached_file() == models / "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert keras_file.MD5 in Path(vgg19.__file__).read_text()


def test_absent_weights_and_no_network_give_one_line(tmp_path):
    result = nst_tf_in(tmp_path, "weights", "fetch")
    assert result.returncode == 1
    assert "are not available" in result.stderr and "nst-tf weights fetch" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("*.h5"))


def test_foreign_file_under_keras_name_is_neither_used_nor_touched(tmp_path):
    path = tmp_path / "models" / keras_file.cached_file().name
    path.parent.mkdir()
    path.write_bytes(b"converted by hand, and precious")
    result = nst_tf_in(tmp_path, "weights", "check", "imagenet")
    assert result.returncode == 2
    assert "is not Keras' ImageNet file" in result.stderr
    assert path.read_bytes() == b"converted by hand, and precious"


def test_auto_falls_back_to_the_built_in_network_and_says_so(tmp_path):
    result = nst_tf_in(tmp_path, "weights", "check", "auto")
    assert result.returncode == 0
    assert "Painting with the built-in network" in result.stderr and result.stderr.count("\n") == 1
    assert result.stdout.startswith("builtin: 16 convolutions")


def test_file_is_downloaded_into_keras_own_cache_and_then_used(keras_bytes, nothing_cached, monkeypatch, caplog):
    with served(keras_bytes, monkeypatch):
        weights = imagenet.load(EXPLICIT)
    assert weights.name == "imagenet" and weights.sha256 == load_weights("random").sha256
    assert keras_file.cached_file().read_bytes() == keras_bytes
    assert [record.message for record in caplog.records] == [
        f"Downloading ImageNet's VGG-19 from Keras, {len(keras_bytes) / 1e6:.1f} MB, once for all runs."
    ]
    again = imagenet.load(EXPLICIT)
    assert all(np.array_equal(again.arrays[name], weights.arrays[name]) for name in weights.arrays)


@pytest.mark.parametrize(
    ("change", "status", "complaint"),
    [
        (lambda data: data[:-1], 200, "wrong hash"),
        (lambda data: data + bytes(2**21), 200, "more than Keras' file"),
        (lambda data: data[:0], 404, "Not Found"),
    ],
)
def test_download_that_is_not_keras_file_leaves_nothing(
    change, status, complaint, keras_bytes, nothing_cached, monkeypatch
):
    with served(change(keras_bytes), monkeypatch, status=status), pytest.raises(MissingWeightsError, match=complaint):
        imagenet.load(EXPLICIT, source="keras")
    assert not list(keras_file.cached_file().parent.iterdir())


def test_download_that_stands_still_is_given_up(nothing_cached, monkeypatch):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(keras_file, "ADDRESS", f"http://127.0.0.1:{server.getsockname()[1]}/vgg19.h5")
        with pytest.raises(MissingWeightsError, match=r"no answer within 0\.3 s"):
            keras_file.download(Patience(first=0.3, all=1, stall=1))


def test_keras_own_file_is_loaded(own_environment):
    if not keras_file.cached_file().is_file():
        pytest.skip("Keras' ImageNet file for VGG-19 (80 MB, no top) is not in Keras' cache on this machine")
    assert load_weights("imagenet").layers == LAYERS


@pytest.fixture
def cache(keras_bytes, tmp_path):
    """Keras' home with its file, whose hash is taken for that of Keras'."""
    path = tmp_path / "keras" / "models" / keras_file.cached_file().name
    path.parent.mkdir(parents=True)
    path.write_bytes(keras_bytes)
    return path


LOAD = """
import sys
import nst_tf
from nst_tf.weights import keras_file
keras_file.MD5 = sys.argv[1]
weights = nst_tf.load_weights(sys.argv[2])
print(weights.name, weights.sha256)
"""


@pytest.mark.parametrize("source", ["imagenet", "auto"])
def test_a_cache_that_can_only_be_read_is_read(source, cache, tmp_path):
    need_mounts(tmp_path)
    (tmp_path / "load.py").write_text(LOAD)
    script = "mount --bind keras keras && mount -o remount,ro,bind keras && touch keras/x 2>&1 | grep -q Read-only"
    own = {"KERAS_HOME": f"{tmp_path}/keras", "NST_TF_CACHE": f"{tmp_path}/keras/nst-tf"}
    result = in_namespace(f"{script} && {sys.executable} load.py {keras_file.MD5} {source}", tmp_path, **own)
    assert (result.stdout, result.stderr) == (f"imagenet {load_weights('random').sha256}\n", "")


def test_a_cache_that_knows_no_locks_is_read(cache, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(cache.parents[1]))
    with cache.open("r+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)  # what a lock of our own would fail at
        assert imagenet.cached_full().sha256 == load_weights("random").sha256


def test_where_keras_can_not_write_its_other_folder_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    name = keras_file.cached_file().name
    assert keras_file.cached_file() == Path("/tmp/.keras/models") / name
    (tmp_path / "keras" / "models").mkdir(parents=True)
    (tmp_path / "keras" / "models" / name).write_bytes(b"")
    assert keras_file.cached_file() == tmp_path / "keras" / "models" / name


def test_filters_of_our_own_cache_are_read_where_nothing_can_be_written(release, tmp_path, monkeypatch):
    _, tensors, constants = release
    need_mounts(tmp_path)
    for name, value in constants.items():
        monkeypatch.setattr(f"nst_tf.weights.{name}", value)
    quantized.store(tmp_path / "cache" / "vgg19-imagenet-8bit.npz", quantized.from_tensors(tensors))
    patches = "".join(f"nst_tf.weights.{name} = {value!r}\n" for name, value in constants.items())
    (tmp_path / "load.py").write_text(f"import nst_tf.weights.imagenet\n{patches}{LOAD}")
    script = "mount --bind cache cache && mount -o remount,ro,bind cache"
    own = {"KERAS_HOME": f"{tmp_path}/keras", "NST_TF_CACHE": f"{tmp_path}/cache"}
    result = in_namespace(f"{script} && {sys.executable} load.py none auto", tmp_path, **own)
    assert result.stdout.startswith("imagenet-8bit ") and result.stderr == ""
