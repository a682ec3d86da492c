"""The client under an environment that names proxies and certificates that need not concern the server."""

import contextlib
import http.server
import os
import socket
import ssl
import subprocess
import sys
import threading
import urllib.parse

import httpx
import pytest
from helpers.serving_toys import encoded, pixels
from typer.testing import CliRunner

from nst_tf_cli.app import app
from nst_tf_serving.client.environment import find_proxy, is_own
from nst_tf_serving.client.painting import request_painting
from nst_tf_serving.client.transport import ServerError

RED, BLUE = encoded("red"), encoded("blue")
DEAD = "127.0.0.1:9"
ELSEWHERE = "http://nst.example:8501"
"""A server that only a proxy could know."""

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir", "sslkeylogfile")

UNRELATED = [
    {"HTTP_PROXY": f"http://{DEAD}"},
    {"http_proxy": DEAD},
    {"HTTPS_PROXY": f"http://{DEAD}"},
    {"ALL_PROXY": f"socks5://{DEAD}"},
    {"all_proxy": f"socks://{DEAD}/"},
    {"all_proxy": f"socks4a://{DEAD}"},
    {"HTTP_PROXY": "http://[half", "NO_PROXY": "::1,[,*.*"},
    {"HTTP_PROXY": "no proxy at all"},
    {"SSL_CERT_FILE": "/nonexistent/ca.pem"},
    {"SSL_CERT_FILE": "/"},
    {"SSL_CERT_FILE": __file__},
    {"SSL_CERT_DIR": "/nonexistent"},
    {"SSLKEYLOGFILE": "/nonexistent/keys.log"},
]


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """An environment without a proxy and certificates of the machine's own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def set_all(monkeypatch):
    def set_all(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


@contextlib.contextmanager
def toy_proxy(status=None):
    """A proxy that asks for what it is asked for, wherever that should be; or answers with a status of its own."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = None
            if status is None:
                target = f"{Handler.behind}{urllib.parse.urlsplit(self.path).path}"
                answer = httpx.post(target, content=body, trust_env=False, timeout=20)
            self.send_response(status or answer.status_code)
            self.end_headers()
            self.wfile.write(b"<h1>a proxy's own page</h1>" if answer is None else answer.content)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield Handler, f"http://127.0.0.1:{server.server_port}", asked
        thread.join(20)


@pytest.mark.parametrize("variables", UNRELATED, ids=lambda each: " ".join(f"{k}={v}" for k, v in each.items())[:60])
def test_a_server_on_this_machine_is_asked_without_what_the_environment_says(address, set_all, variables):
    set_all(variables)
    assert pixels(request_painting(address, RED, BLUE).png).shape == (16, 20, 3)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.1", "127.0.0.1", "nst.localhost"])
def test_this_machine_has_many_names(host, set_all):
    set_all({"http_proxy": DEAD, "all_proxy": DEAD})
    assert find_proxy(httpx.URL(f"http://{host}:8501")) is None


def test_this_machines_own_name_and_addresses_are_its_own():
    assert all(map(is_own, ("::1", "0.0.0.0", "127.0.0.2", "::ffff:127.0.0.1", socket.gethostname())))
    assert not any(map(is_own, ("nst.example", "192.0.2.77", "localhost.example", "127.example", "1.2.3.4.5")))


def test_an_elsewhere_is_asked_through_the_proxy_and_no_proxy_counts(address, set_all):
    with toy_proxy() as (proxy, where, asked):
        proxy.behind = address
        set_all({"HTTP_PROXY": where, "ALL_PROXY": f"http://{DEAD}"})
        assert pixels(request_painting(ELSEWHERE, RED, BLUE, slices=None).png).shape == (16, 20, 3)
        assert asked == [f"{ELSEWHERE}/v1/models/nst:predict"]
    for excepted in ("nst.example", "*", "other,.example", "nst.example:8501"):
        set_all({"NO_PROXY": excepted})
        assert find_proxy(httpx.URL(ELSEWHERE)) is None
    for other in ("ns.example", "nst.example:8502", "192.0.2.0/24", "::1,[,*.*"):
        set_all({"NO_PROXY": other})
        assert find_proxy(httpx.URL(ELSEWHERE)).source == "HTTP_PROXY"


@pytest.mark.parametrize(
    ("network", "excepted"), [("192.0.2.0/24", True), ("192.0.2.7", True), ("192.0.3.0/24", False)]
)
def test_no_proxy_may_name_a_network(set_all, network, excepted):
    set_all({"http_proxy": DEAD, "no_proxy": f"nst.example, {network}"})
    assert (find_proxy(httpx.URL("http://192.0.2.7:8501")) is None) == excepted


def test_small_letters_count_more_even_when_empty(set_all):
    set_all(
        {"HTTP_PROXY": "http://great:1", "http_proxy": "small:2", "https_proxy": "", "HTTPS_PROXY": "http://great:3"}
    )
    assert find_proxy(httpx.URL(ELSEWHERE)).source == "http_proxy"
    assert find_proxy(httpx.URL("https://nst.example")) is None
    set_all({"all_proxy": "all:4"})
    assert find_proxy(httpx.URL("https://nst.example")).source == "all_proxy"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HTTP_PROXY": f"http://{DEAD}"}, "HTTP_PROXY"),
        ({"http_proxy": f"me:secret@{DEAD}"}, "http_proxy"),
        ({"http_proxy": f"http://me:secret@{DEAD}"}, "http_proxy"),
        ({"all_proxy": f"http://{DEAD}"}, "all_proxy"),
    ],
)
def test_a_proxy_that_is_not_there_is_named(set_all, variables, said):
    set_all(variables)
    with pytest.raises(ServerError, match=rf"through the proxy of {said} \(.*127.0.0.1:9.*NO_PROXY") as caught:
        request_painting(ELSEWHERE, RED, BLUE)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"all_proxy": f"socks://{DEAD}/"}, "all_proxy .*socks5"),
        ({"ALL_PROXY": f"socks4://{DEAD}"}, "ALL_PROXY .*socks5"),
        ({"HTTP_PROXY": "http://"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "http://[half"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "http://proxy:99999"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "no proxy at all"}, "HTTP_PROXY"),
    ],
)
def test_a_proxy_that_is_none_is_named(set_all, variables, said):
    set_all(variables)
    with pytest.raises((ValueError, ServerError), match=said):
        request_painting(ELSEWHERE, RED, BLUE)


def test_a_proxy_that_needs_another_package_is_named(set_all, monkeypatch):
    monkeypatch.setitem(sys.modules, "socksio", None)  # what Python itself takes for one that is absent
    set_all({"ALL_PROXY": f"socks5://{DEAD}"})
    with pytest.raises(ValueError, match=r"ALL_PROXY .* needs the package socksio"):
        request_painting(ELSEWHERE, RED, BLUE)


def test_an_answer_of_the_proxy_itself_is_told_from_the_servers(set_all):
    for status, said in (
        (503, r"\(503 through the proxy of HTTP_PROXY"),
        (200, "answer through the proxy of HTTP_PROXY"),
    ):
        with toy_proxy(status) as (_, where, _):
            set_all({"HTTP_PROXY": where})
            with pytest.raises(ServerError, match=said):
                request_painting(ELSEWHERE, RED, BLUE, slices=None)


@pytest.mark.parametrize(
    "variables",
    [
        {"SSL_CERT_FILE": "/nonexistent/ca.pem"},
        {"SSL_CERT_FILE": "/"},
        {"SSL_CERT_FILE": __file__},
        {"SSL_CERT_DIR": "/nonexistent"},
        {"SSLKEYLOGFILE": "/nonexistent/keys.log"},
    ],
)
def test_certificates_that_https_cannot_do_with_are_named(set_all, variables):
    set_all(variables)
    with pytest.raises(ValueError, match=next(iter(variables))):
        request_painting("https://127.0.0.1:9", RED, BLUE)


def test_certificates_that_are_not_the_servers_are_named(set_all, tmp_path):
    line = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "key.pem"]
    try:
        subprocess.run([*line, "-out", "own.pem"], cwd=tmp_path, capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem", tmp_path / "key.pem")
    (tmp_path / "empty").mkdir()
    set_all({"SSL_CERT_DIR": f"/nonexistent{os.pathsep}{tmp_path / 'empty'}"})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=shake_hands, args=(listener, context))
        thread.start()
        with pytest.raises(ServerError, match="SSL_CERT_DIR names the certificates that are trusted"):
            request_painting(f"https://127.0.0.1:{listener.getsockname()[1]}", RED, BLUE)
        thread.join(20)


def shake_hands(listener, context):
    connection, _ = listener.accept()
    with connection, contextlib.suppress(ssl.SSLError, OSError):  # the client, which this is about, refuses
        context.wrap_socket(connection, server_side=True).close()


def test_the_command_says_it_in_one_line(set_all, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red.png").write_bytes(RED)
    for variables, code in (({"HTTP_PROXY": f"http://{DEAD}"}, 1), ({"HTTP_PROXY": "socks://x"}, 2)):
        set_all(variables)
        result = CliRunner().invoke(app, ["request", ELSEWHERE, "red.png", "red.png"])
        assert (result.exit_code, len(result.stderr.splitlines())) == (code, 1)
        assert "HTTP_PROXY" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["red.png"]
