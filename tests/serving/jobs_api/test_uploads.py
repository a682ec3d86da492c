"""Requests that are too large or too slow, over a real socket."""

import socket
import time
from urllib.parse import urlsplit

import httpx
from helpers.job_servers import form, picture, serving_jobs

from nst_tf_serving.server import patient_protocol


def sent_raw(address, *parts):
    """What a server answers to bytes, until it closes the connection."""
    url = urlsplit(address)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.1)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


HEAD = (
    b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b"Content-Length: 500\r\n\r\n--x\r\n"
)


def test_a_request_that_is_too_large_is_refused_announced_or_not(make_board):
    board = make_board(largest_body=3000)
    sent = form(content=picture(color="red") + bytes(4000))
    with serving_jobs(board) as address, httpx.Client(base_url=address, trust_env=False) as client:
        assert client.post("/v1/jobs", **sent).status_code == 413
        request = client.build_request("POST", "/v1/jobs", **sent)
        del request.headers["Content-Length"]
        chunked = httpx.Request("POST", request.url, headers=request.headers, content=iter([request.read()]))
        answer = client.send(chunked)
        assert answer.status_code == 413 and "3,000 bytes at most" in answer.json()["error"]
    assert list(board.store.folder.iterdir()) == []


def test_a_body_that_comes_too_slowly_is_refused(make_board):
    with serving_jobs(make_board(patience=0.2)) as address:
        assert sent_raw(address, HEAD).startswith(b"HTTP/1.1 408 ")
    with serving_jobs(make_board(upload_seconds=0.2)) as address:
        assert sent_raw(address, HEAD).startswith(b"HTTP/1.1 408 ")


def test_headers_that_come_too_slowly_are_refused(make_board, monkeypatch):
    monkeypatch.setattr(patient_protocol, "HEADER_SECONDS", 0.2)
    with serving_jobs(make_board()) as address:
        assert sent_raw(address, b"GET / HT").startswith(b"HTTP/1.1 408 ")
        assert sent_raw(address).startswith(b"HTTP/1.1 408 ")
        whole = b"GET /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        first, _, second = sent_raw(address, whole, b"GET /v1").partition(b'{"jobs":[]}')
        assert first.startswith(b"HTTP/1.1 200 ") and second.startswith(b"HTTP/1.1 408 ")
