import base64
import gzip
import json
import re
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import numpy as np
import pytest
from helpers.serving_toys import LONG, b64, encoded, pixels, row, serving, watched

from nst_tf_serving.model_versions import find_version
from nst_tf_serving.server.app import bind
from nst_tf_serving.server.loaded_model import load_model
from nst_tf_serving.tf_errors import strip_graph_trace

PREDICT = "/v1/models/nst:predict"


def post(rest, request, path=PREDICT, **options):
    return rest.post(path, json=request, **options)


def error(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["error"] and "\n" not in body["error"]
    return body["error"]


def test_two_pictures_in_one_painting_out(rest):
    instance = {"content_bytes": b64(encoded("red")), "style_bytes": b64(encoded("blue", (9, 7), "JPEG"))}
    answer = post(rest, {"instances": [instance]}).json()
    painting = pixels(base64.b64decode(answer["predictions"][0]["b64"]))
    assert painting.shape == (16, 20, 3)
    np.testing.assert_allclose(painting[3, 3], [127, 0, 127], atol=2)


def test_several_outputs_are_objects_and_columns_are_columns(rest):
    request = {"signature_name": "stylize_bytes", "instances": [row(steps=1), row(steps=2, size=3)]}
    predictions = post(rest, request).json()["predictions"]
    assert [set(each) for each in predictions] == [{"stylized_bytes", "loss"}] * 2
    assert predictions[1]["loss"] == pytest.approx(3000.3)
    image = np.full((1, 2, 2, 3), 0.5).tolist()
    outputs = post(rest, {"signature_name": "features", "inputs": {"image": image}}).json()["outputs"]
    assert outputs["mean"] == 0.5 and outputs["block1_conv1"] == np.ones((1, 2, 2, 3)).tolist()
    assert "'mean' has no rows" in error(post(rest, {"signature_name": "features", "instances": image}), 400)


def test_every_input_is_required_even_with_a_default(rest):
    short = row()
    del short["seed"]
    said = error(post(rest, {"signature_name": "stylize_bytes", "instances": [short]}), 400)
    assert "exactly the keys" in said and "seed" in said


def test_status_and_metadata(rest):
    healthy = {"version": "12", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for path in ("/v1/models/nst", "/v1/models/nst/versions/12", "/V1/MODELS/nst"):
        assert rest.get(path).json() == {"model_version_status": [healthy]}
    metadata = rest.get("/v1/models/nst/metadata").json()
    assert metadata["model_spec"] == {"name": "nst", "signature_name": "", "version": "12"}
    definition = metadata["metadata"]["signature_def"]["signature_def"]["stylize_bytes"]
    assert definition["method_name"] == "tensorflow/serving/predict"
    steps = definition["inputs"]["steps"]
    assert (steps["dtype"], steps["tensor_shape"]["unknown_rank"]) == ("DT_INT32", False)
    assert steps["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]
    assert list(definition["inputs"]) == sorted(definition["inputs"])
    assert definition.keys() == {"inputs", "outputs", "method_name", "defaults"}  # all fields of a SignatureDef
    assert "not TF Serving" in rest.get("/v1/models/nst").headers["server"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/models/other", 404),
        ("GET", "/v1/models/nst/versions/3", 404),
        ("POST", "/v1/models/other:predict", 404),
        ("POST", "/v1/models/nst/versions/7:predict", 404),
        ("POST", "/v1/models/nst/labels/stable:predict", 400),
        ("POST", "/v1/models/nst:classify", 400),
        ("POST", "/v1/models/nst:regress", 400),
        ("POST", "/v1/models/nst", 400),
        ("GET", "/v1/models/nst:predict", 400),
        ("GET", "/", 404),
        ("GET", "/v1/models", 400),
        ("PUT", "/v1/models/nst", 400),
        ("DELETE", "/v2/models/nst", 404),
    ],
)
def test_other_addresses_are_refused(rest, method, path, status):
    error(rest.request(method, path, content=b"{}" if method == "POST" else None), status)


def test_what_is_wrong_is_said_in_a_sentence(rest):
    assert "JSON" in error(rest.post(PREDICT, content=b"{'no': json}"), 400)
    said = error(post(rest, {"signature_name": "paint", "inputs": {}}), 400)
    assert "'paint' not found" in said and "serving_default" in said
    strange = b'{"signature_name": "stylize_bytes", "instances": [{"\\udc80\\n": 1}]}'
    assert r"got \udced\udcb2\udc80\n." in error(rest.post(PREDICT, content=strange), 400)
    too_many = {"signature_name": "stylize_bytes", "instances": [row(steps=10**9)]}
    assert error(post(rest, too_many), 400) == "steps must be at most 1000000; ask for fewer."
    broken = {"content_bytes": b64(b"no picture"), "style_bytes": b64(b"")}
    said = error(post(rest, {"instances": [broken]}), 400)
    assert "{{" not in said and "[Op:" not in said and "Graph execution" not in said


def test_small_answers_do_not_wait_for_the_next_packet():
    """asyncio turns Nagle's algorithm off, which costs 40 ms an answer, if a socket is known to be of TCP."""
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_gzip_bodies_and_broken_ones(rest):
    body = json.dumps({"signature_name": "features", "inputs": [[[[0.0, 0, 0]]]]}).encode()
    packed = {"content-encoding": "gzip"}
    assert rest.post(PREDICT, content=gzip.compress(body), headers=packed).json()["outputs"]["mean"] == 0
    assert "gzip" in error(rest.post(PREDICT, content=body, headers=packed), 400)
    assert "cut off" in error(rest.post(PREDICT, content=gzip.compress(body)[:-4], headers=packed), 400)


def test_large_bodies_are_refused_packed_announced_or_streamed(model):
    with serving(model, largest_body=1000) as address, httpx.Client(base_url=address, trust_env=False) as rest:
        body = b" " * 1001
        assert "1,000 bytes" in error(rest.post(PREDICT, content=body), 413)
        error(rest.post(PREDICT, content=iter([body])), 413)
        error(rest.post(PREDICT, content=gzip.compress(body), headers={"content-encoding": "gzip"}), 413)
        assert "JSON" in error(rest.post(PREDICT, content=body[:1000]), 400)


def test_raw_bytes_as_curl_sends_them(address):
    body = b'{"signature_name": "features", "inputs": [[[[0.5, 0.5, 0.5]]]]}'
    head = (
        b"POST /v1/models/nst:predict HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"
        b"Expect: 100-continue\r\nContent-Length: %d\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head % len(body))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        answer = connection.recv(65536)
        while b'"mean"' not in answer:
            answer += connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200") and b'"mean": 0.5' in answer


def test_the_environment_of_other_servers_is_no_concern(model, monkeypatch):
    monkeypatch.setenv("WEB_CONCURRENCY", "auto")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "none of these")
    with serving(model) as address:
        assert httpx.get(f"{address}/v1/models/nst", trust_env=False).status_code == 200


def test_curl_itself(address, tmp_path):
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"signature_name": "stylize_bytes", "instances": [row(steps=1)]}))
    try:
        line = ["curl", "-s", "--noproxy", "*", "-d", f"@{request}", f"{address}{PREDICT}"]
        answer = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
    except FileNotFoundError:
        pytest.skip("curl is not installed")
    assert "stylized_bytes" in answer["predictions"][0]


def test_full_queue_refuses_and_deadline_gives_up(model):
    long = {"signature_name": "stylize_bytes", "instances": [row(steps=LONG)]}
    answers = []
    with serving(model, queue=1, deadline=0.8) as address:

        def ask():
            began = time.monotonic()
            response = httpx.post(address + PREDICT, json=long, timeout=30, trust_env=False)
            answers.append((response, time.monotonic() - began))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(response.status_code for response, _ in answers) == [429, 504, 504]
        for response, seconds in answers:
            if response.status_code == 504:
                assert "deadline of 0.8 s" in error(response, 504) and 0.7 < seconds < 3
            else:
                assert "queue is full" in error(response, 429)
        room = httpx.post(address + PREDICT, json=long, timeout=30, trust_env=False)
        assert room.status_code == 504  # what waited in vain has left the queue


def test_work_is_not_begun_for_a_client_that_has_hung_up(model):
    model, begun = watched(model)
    bodies = [{"signature_name": "stylize_bytes", "instances": [row(steps=LONG // 8, size=size)]} for size in (1, 2, 3)]
    with serving(model) as address, ThreadPoolExecutor(2) as askers:
        ask = partial(httpx.post, address + PREDICT, timeout=30, trust_env=False)
        first = askers.submit(ask, json=bodies[0])
        while not begun:
            time.sleep(0.01)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(address + PREDICT, json=bodies[1], timeout=0.2, trust_env=False)
        third = askers.submit(ask, json=bodies[2])
        assert first.result().status_code == third.result().status_code == 200
    assert begun == [1, 3]


def test_an_answer_says_how_long_it_waited_and_ran(rest):
    header = post(rest, {"signature_name": "stylize_bytes", "instances": [row(steps=1)]}).headers["server-timing"]
    assert re.fullmatch(r"queue;dur=[\d.]+, run;dur=[\d.]+", header)


def test_threads_answer_each_with_its_own(model):
    losses = {}
    with serving(model, threads=3, queue=20) as address:

        def ask(size):
            request = {"signature_name": "stylize_bytes", "instances": [row(steps=100 * size, size=size)]}
            response = httpx.post(address + PREDICT, json=request, timeout=30, trust_env=False)
            losses[size] = response.json()["predictions"][0]["loss"]

        threads = [threading.Thread(target=ask, args=(size,)) for size in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert losses == {size: pytest.approx(1000 * size + 0.3) for size in range(12)}


def test_a_shutdown_lets_what_runs_and_waits_finish(model):
    request = {"signature_name": "stylize_bytes", "instances": [row(steps=LONG // 8)]}
    answers = []
    with httpx.Client(timeout=30, trust_env=False) as client:  # made before the clock runs, since that takes its time
        with serving(model) as address:

            def ask():
                answers.append(client.post(address + PREDICT, json=request).status_code)

            threads = [threading.Thread(target=ask) for _ in range(3)]
            for thread in threads:
                thread.start()
            time.sleep(0.2)
        for thread in threads:
            thread.join()
    assert answers == [200, 200, 200]


def test_highest_version_is_taken_by_number_and_a_version_itself_will_do(exported, tmp_path):
    assert find_version(exported) == (12, exported / "12")
    assert find_version(exported / "12") == (12, exported / "12")
    with pytest.raises(FileNotFoundError, match=r"1/saved_model\.pb"):
        find_version(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        find_version(tmp_path / "none")
    with pytest.raises(ValueError, match="damaged"):
        load_model(exported / "3")


@pytest.mark.parametrize(
    ("message", "plain"),
    [
        ("shape must be 2-d [Op:MatMul] name: ", "shape must be 2-d"),
        ("Graph execution error:\n\nno key\n\t [[{{node a/b}}]]\n\t [[c]] [Op:__inference_x_1]", "no key"),
        ("no PNG\n\t [[{{function_node __inference_1}}{{node case/DecodePng}}]]", "no PNG"),
        ("{{function_node __wrapped__SaveV2_device_/job:localhost}} disk full [Op:SaveV2]", "disk full"),
        ("assertion failed: [too many] [Condition x <= y] [x (a:0) = ] [3]", "too many"),
        ("", "The model failed."),
    ],
)
def test_messages_lose_what_only_tensorflow_understands(message, plain):
    assert strip_graph_trace(message) == plain
