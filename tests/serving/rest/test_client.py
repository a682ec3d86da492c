import contextlib
import http.server
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest
from helpers.serving_toys import encoded, pixels

from nst_tf import StyleConfig
from nst_tf.config import REQUEST_SETTINGS
from nst_tf_serving.client.painting import all_settings, request_painting
from nst_tf_serving.client.transport import ServerError

WEIGHT = 0.3
"""The toy's own content weight, which it returns as the loss."""

RED, BLUE = encoded("red"), encoded("blue", (9, 7), "JPEG")


@contextlib.contextmanager
def strange_server(status, body, kind="text/html"):
    """A server that answers everything with the same."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        thread.join()


def test_without_settings_the_model_knows_its_own(address):
    served = request_painting(address, RED, BLUE)
    np.testing.assert_allclose(pixels(served.png)[3, 3], [127, 0, 127], atol=2)
    assert served.loss is None


def test_with_settings_all_inputs_go_there_with_the_models_defaults_and_the_loss_comes_back(address):
    assert request_painting(address + "/", RED, BLUE, settings={"steps": 2}).loss == pytest.approx(WEIGHT)
    assert request_painting(address, RED, BLUE, settings={"size": 5}).loss == pytest.approx(5000 + WEIGHT)
    assert request_painting(address, RED, BLUE, settings={"content_weight": 2}).loss == pytest.approx(2)


def test_other_settings_are_the_configurations():
    settings = all_settings({"steps": 7})
    assert tuple(settings) == REQUEST_SETTINGS
    assert settings["style_weight"] == StyleConfig().style_weight and settings["steps"] == 7
    assert settings["size"] == 0
    assert all_settings({}) == {**settings, "steps": StyleConfig.steps}


@pytest.mark.parametrize("settings", [{"steps": 0}, {"seed": 1.5}, {"scales": 2}, {"tv_weight": float("nan")}])
def test_wrong_settings_are_refused_before_anything_is_sent(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        request_painting("http://127.0.0.1:9", RED, BLUE, settings=settings)


def test_the_servers_own_sentence_is_passed_on(address):
    with pytest.raises(ServerError, match="no model 'other' here") as caught:
        request_painting(address, RED, BLUE, model="other")
    assert caught.value.status == 404
    with pytest.raises(ServerError, match=r"\(400\): steps must be at most 1000000; ask for fewer") as caught:
        request_painting(address, RED, BLUE, settings={"steps": 2_000_000})
    assert caught.value.status == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_host_and_a_port_are_an_address(address, host):
    bare = f"{host}:{address.rpartition(':')[2]}"
    assert request_painting(bare, RED, BLUE).png == request_painting(address, RED, BLUE).png


def test_a_painting_tells_with_what_it_was_painted(address):
    own = request_painting(address, RED, BLUE)
    assert own.version == "12" and own.settings["content_weight"] == WEIGHT and own.settings["size"] is None
    chosen = request_painting(address, RED, BLUE, settings={"content_weight": 2, "size": 5}, slices=None)
    assert chosen.settings == {**own.settings, "content_weight": 2, "size": 5}
    assert request_painting(address, RED, BLUE, slices=None).settings is None


def test_a_model_without_styles_is_named_with_a_way_out(address):
    with pytest.raises(ServerError, match=r"The model 'nst' .* has no styles .* --style waves=FILE") as caught:
        request_painting(address, RED, "waves")
    assert caught.value.status == 400


def test_nobody_there_and_no_address():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ServerError, match="can't be reached"):
        request_painting(f"http://127.0.0.1:{port}", RED, BLUE)
    with pytest.raises(ValueError, match="http://"):
        request_painting("photo.jpg", RED, BLUE)
    with pytest.raises(ValueError, match="not an address"):
        request_painting("http://localhost:port", RED, BLUE)


def test_an_answer_that_takes_too_long():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the request, and never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServerError, match=r"no answer within 0\.3 s"):
            request_painting(address, RED, BLUE, timeout=0.3)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<html>welcome", r"not JSON \(text/html\)"),
        (200, b'{"predictions": [3]}', "holds no (painting|prediction)"),
        (200, b'{"predictions": [{"b64": "*"}]}', "holds no (painting|prediction)"),
        (200, b'{"predictions": [{"b64": "AAAA"}]}', "no PNG"),
        (200, b"[]", "holds no (painting|prediction)"),
        (502, b"<h1>Bad\ngateway</h1>", r"\(502\): <h1>Bad gateway</h1>"),
        (500, b"", r"\(500\): Internal Server Error"),
        (429, b'{"error": "full"}', r"\(429\): full"),
        (301, b"moved", r"\(301\): moved"),
    ],
)
def test_strange_answers_become_one_sentence(status, body, said):
    with strange_server(status, body) as address, pytest.raises(ServerError, match=said):
        request_painting(address, RED, BLUE, slices=None)


def test_the_client_needs_neither_tensorflow_nor_numpy():
    script = (
        "import sys; sys.path[:0] = ['.', 'serving']; import nst_tf_serving.client.painting; "
        "sys.exit(str({'tensorflow', 'keras', 'numpy', 'starlette'} & set(sys.modules) or ''))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == ""
