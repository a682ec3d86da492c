"""The client over gRPC: the same answers as over REST, and one sentence for everything that can go wrong."""

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import grpc
import pytest
import tensorflow as tf
from helpers.command_line import run
from helpers.grpc_servers import serving_grpc
from helpers.serving_toys import LONG, SlicedToy, encoded, pixels

from nst_tf_serving.client.connection import connect
from nst_tf_serving.client.painting import request_painting
from nst_tf_serving.client.slices import SliceOptions
from nst_tf_serving.client.transport import ServerError
from nst_tf_serving.server.job_queue import JobQueue
from nst_tf_serving.server.loaded_model import load_model

RED, BLUE = encoded("red"), encoded("blue", (9, 7), "JPEG")


@pytest.fixture
def url(target):
    return f"grpc://{target}"


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red.png").write_bytes(RED)
    (tmp_path / "blue.jpg").write_bytes(BLUE)
    return tmp_path


@pytest.mark.parametrize("settings", [None, {"steps": 2, "size": 3, "content_weight": 2, "color": "match"}])
def test_both_protocols_bring_the_same_painting(both, settings):
    address, target = both
    rest, rpc = (request_painting(url, RED, BLUE, settings=settings) for url in (address, f"grpc://{target}"))
    assert rpc.png == rest.png
    assert (rpc.loss is None) == (settings is None) and rpc.loss == pytest.approx(rest.loss)


def test_both_transports_know_the_same_signatures_and_version(both):
    address, target = both
    known = connect(f"grpc://{target}").describe()
    assert known == connect(address).describe() and known.version == "12"
    signature = known.signatures["stylize_bytes"]
    assert signature.inputs["content_weight"] == "DT_FLOAT"
    assert signature.defaults["content_weight"] == pytest.approx(0.3) and signature.defaults["color"] == b"style"


def test_both_transports_say_how_long_the_model_ran(both):
    address, target = both
    for url in (address, f"grpc://{target}"):
        begun = time.perf_counter()
        answer = connect(url).predict("serving_default", {"content_bytes": RED, "style_bytes": BLUE})
        assert 0 < answer.run_seconds < time.perf_counter() - begun


def test_slices_over_grpc_show_progress_and_bring_the_same_painting(tmp_path):
    toy = SlicedToy()
    names = ("stylize_bytes", "begin", "begin_default", "advance")
    tf.saved_model.save(toy, str(tmp_path / "1"), signatures={name: getattr(toy, name) for name in names})
    seen, settings = [], {"steps": 40}
    with serving_grpc(load_model(tmp_path)) as target:
        asked = partial(request_painting, f"grpc://{target}", RED, BLUE, settings=settings)
        sliced = asked(slices=SliceOptions(seconds=0.05, preview=16), on_progress=seen.append)
        assert sliced.png == asked(slices=None).png
    assert len(seen) > 1 and [each.step for each in seen] == sorted(each.step for each in seen)
    assert seen[0].preview.startswith(b"\xff\xd8") and seen[-1].step == 40


def test_large_messages_pass_in_both_directions(url):
    large = {"content_bytes": encoded("red", (1200, 1200), "BMP"), "style_bytes": BLUE}  # 4.3 MB
    assert pixels(connect(url).predict("serving_default", large)["stylized_bytes"]).shape == (1200, 1200, 3)


@pytest.mark.parametrize(
    ("settings", "name", "said", "status"),
    [
        ({"steps": 2_000_000}, "nst", r"\(INVALID_ARGUMENT\): steps must be at most 1000000; ask for fewer\.", 400),
        ({}, "other", r"\(NOT_FOUND\): .*no model 'other' here", 404),
        ({"steps": LONG}, "nst", r"no answer within 0\.3 s", 504),
    ],
)
def test_what_the_server_says_is_passed_on(url, settings, name, said, status):
    with pytest.raises(ServerError, match=said) as caught:
        request_painting(url, RED, BLUE, settings=settings, model=name, timeout=0.3 if status == 504 else 20)
    assert caught.value.status == status


def test_a_request_that_is_too_large_is_a_bad_one(model):
    with serving_grpc(model, largest_body=10_000) as target, pytest.raises(ServerError, match="too large") as caught:
        request_painting(f"grpc://{target}", RED + bytes(10_000), BLUE)
    assert caught.value.status == 413


def test_a_full_server_may_be_asked_again(model):
    workers, go = JobQueue(1, 0), threading.Event()
    workers.submit(go.wait)
    with serving_grpc(model, workers=workers) as target:
        with pytest.raises(ServerError, match="queue is full") as caught:
            connect(f"grpc://{target}").predict("serving_default", {"content_bytes": RED, "style_bytes": BLUE})
        go.set()
    assert caught.value.status == 429


def test_nobody_there_and_no_grpc_there(both):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for url, said in (
        (f"grpc://127.0.0.1:{port}", "connection refused"),
        (both[0].replace("http", "grpc"), "not in gRPC; is it the REST port"),
        (both[0].replace("http", "grpcs"), "does not speak TLS"),
        ("grpc://nowhere.invalid:8500", "name is unknown"),
    ):
        with pytest.raises(ServerError, match=f"{url} can't be reached: .*{said}") as caught:
            request_painting(url, RED, BLUE, timeout=20)
        assert caught.value.status is None


def test_another_grpc_service_is_not_tf_serving():
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with pytest.raises(ServerError, match="not TF Serving's PredictionService"):
        request_painting(f"grpc://127.0.0.1:{port}", RED, BLUE, timeout=20)
    server.stop(0).wait()


def test_a_silent_server_is_left_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"grpc://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServerError, match=r"no answer within 0\.3 s"):
            request_painting(url, RED, BLUE, timeout=0.3)


@pytest.mark.parametrize(
    "url", ["grpc://localhost", "grpc://:8500", "grpc://localhost:port", "grpc://localhost:8500/v1", "grpc://a@b:1"]
)
def test_wrong_addresses_are_refused_before_anything_is_sent(url):
    with pytest.raises(ValueError, match=r"is not an address|like grpc://localhost:8500"):
        request_painting(url, RED, BLUE)


def test_a_dead_proxy_does_not_concern_this_machine(url, monkeypatch):
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert request_painting(url, RED, BLUE).png


def test_a_proxy_elsewhere_is_named(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(ServerError, match="https_proxy names a proxy: correct or unset it, or add"):
        request_painting("grpc://nowhere.invalid:8500", RED, BLUE, timeout=20)
    monkeypatch.setenv("no_proxy", ".invalid")
    with pytest.raises(ServerError, match=r"its name is unknown\.$"):
        request_painting("grpc://nowhere.invalid:8500", RED, BLUE, timeout=20)


@pytest.mark.parametrize("way", [["--grpc", "{target}"], ["grpc://{target}"]])
def test_request_saves_a_painting_over_grpc(target, files, way):
    result = run("request", *(part.format(target=target) for part in way), "red.png", "blue.jpg", "--steps", "2")
    assert (result.exit_code, result.stdout) == (0, "red-blue.png\n")
    assert "loss" in result.stderr and pixels(Path("red-blue.png").read_bytes()).shape == (16, 20, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--grpc", "http://localhost:8501"], 2, "--grpc wants a server like localhost:8500"),
        (["localhost"], 2, "must begin with http://, https://, grpc:// or grpcs://"),
        (["--grpc", "localhost"], 2, "must be like grpc://localhost:8500"),
        (["--grpc", "127.0.0.1:9"], 1, "can't be reached: connection refused"),
    ],
)
def test_request_fails_in_one_line(files, arguments, code, said):
    result = run("request", *arguments, "red.png", "blue.jpg")
    assert result.exit_code == code
    assert said in result.stderr and len(result.stderr.splitlines()) == 1


def test_request_names_the_extra_for_grpc(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving", None)
    result = run("request", "--grpc", "localhost:8500", "red.png", "blue.jpg")
    assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1
    assert "pip install 'nst-tf[grpc]'" in result.stderr


def test_a_process_of_its_own_says_one_line_and_no_more(files):
    root = Path(__file__).parents[3]
    paths = {"PYTHONPATH": os.pathsep.join(str(root / part) for part in (".", "cli", "serving"))}
    line = [sys.executable, "-m", "nst_tf_cli", "request", "grpcs://127.0.0.1:9", "red.png", "blue.jpg"]
    result = subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ | paths)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1 and "grpcs://127.0.0.1:9 can't be reached" in result.stderr
