"""Clients of a load test over REST: each sends one request, and says what became of it."""

import base64
import json
import random
import socket
import time
import urllib.parse

from tools.soak.load.records import BUSY, LEFT, LOST, REFUSED, WRONG, Outcome
from tools.soak.load.works import MODEL, PATIENCE, SIGNATURE, Scene, Work, compared, painted

PAUSE = 0.05
"""Seconds between the pieces of a slow client's request."""


def rest_client(scene: Scene, chance: random.Random) -> Outcome:
    """Ask for a painting over REST."""
    from nst_tf_serving.client.rest import RestTransport

    return painted(RestTransport(scene.rest, timeout=PATIENCE), chance.choice(scene.works))


def rest_bad(scene: Scene, chance: random.Random) -> Outcome:
    """Send something wrong over REST, and expect its refusal."""
    import httpx

    work = chance.choice(scene.works)
    body, status = chance.choice(_bad_bodies(work))
    address = f"{scene.rest}/v1/models/{MODEL}:predict"
    try:
        response = httpx.post(address, content=body, timeout=PATIENCE, trust_env=False)
    except httpx.HTTPError as error:
        return Outcome(LOST, str(error))
    if response.status_code == 429:
        return Outcome(BUSY)
    expected = response.status_code == status and "error" in response.json()
    return Outcome(REFUSED) if expected else Outcome(WRONG, f"{response.status_code}, not {status}")


def _bad_bodies(work: Work) -> list[tuple[bytes, int]]:
    row = json.loads(_body(work))["instances"][0]
    broken = row["content_bytes"]["b64"][:40]
    wrong = [
        {"steps": 10**6},
        {"steps": 1.5},
        {"content_bytes": {"b64": broken}},
        {"color": "red"},
        {"tv_weight": -1.0},
    ]
    rows = [{"signature_name": SIGNATURE, "instances": [row | each]} for each in wrong]
    other = {"signature_name": "paint", "instances": [row]}
    return [(json.dumps(each).encode(), 400) for each in (*rows, other)] + [(b"{", 400), (b"\xff" * 100_000, 400)]


def rest_hanging_up(scene: Scene, chance: random.Random) -> Outcome:
    """Send a request, or a part of it, and go away."""
    head, body = _raw(scene, chance.choice(scene.works))
    with _connected(scene) as connection:
        connection.sendall(head + (body if chance.random() < 0.7 else body[: len(body) // 2]))
        time.sleep(chance.uniform(0, 0.3))
    return Outcome(LEFT)


def rest_slow(scene: Scene, chance: random.Random) -> Outcome:
    """Send a request over REST in small pieces, and read its answer."""
    work = chance.choice(scene.works)
    head, body = _raw(scene, work)
    with _connected(scene) as connection:
        for start in range(0, len(body) + len(head), 1000):
            connection.sendall((head + body)[start : start + 1000])
            time.sleep(PAUSE)
        received = b""
        while part := connection.recv(65536):
            received += part
    status, _, rest = received.partition(b"\r\n\r\n")
    if b" 429 " in status.split(b"\r\n")[0]:
        return Outcome(BUSY)
    try:
        png = base64.b64decode(json.loads(rest)["predictions"][0]["stylized_bytes"]["b64"])
    except (ValueError, KeyError):
        return Outcome(LOST, received[:200].decode(errors="replace"))
    return compared(png, work)


def _raw(scene: Scene, work: Work) -> tuple[bytes, bytes]:
    body = _body(work)
    host = urllib.parse.urlsplit(scene.rest).netloc
    head = (
        f"POST /v1/models/{MODEL}:predict HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {len(body)}"
    )
    return f"{head}\r\n\r\n".encode(), body


def _body(work: Work) -> bytes:
    row = {
        name: {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
        for name, value in work.inputs.items()
    }
    return json.dumps({"signature_name": SIGNATURE, "instances": [row]}).encode()


def _connected(scene: Scene) -> socket.socket:
    parts = urllib.parse.urlsplit(scene.rest)
    return socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=PATIENCE)
