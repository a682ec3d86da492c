"""Clients of a load test, of several kinds; each sends one request and says what became of it."""

import base64
import json
import random
import socket
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nst_tf_serving.client.transport import ServerError, Transport
from tools.soak.load_records import BUSY, LEFT, LOST, REFUSED, RIGHT, WRONG
from tools.soak.load_works import SIGNATURE, Work, png_of

MODEL = "nst"
PATIENCE = 300.0
"""Seconds after which an answer counts as lost."""

PAUSE = 0.05
"""Seconds between the pieces of a slow client's request."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the clients share.

    Attributes:
        rest: Address of the REST server, such as `http://127.0.0.1:8501`.
        grpc: Address of the gRPC server, such as `127.0.0.1:8500`.
        works: The paintings, with their answers.
    """

    rest: str
    grpc: str
    works: list[Work]


@dataclass
class Outcome:
    """What became of a request; see `Answer`."""

    outcome: str
    note: str = ""
    waited: float | None = None
    painted: float | None = None


Kind = Callable[[Scene, random.Random], Outcome]


def rest_client(scene: Scene, chance: random.Random) -> Outcome:
    """Ask for a painting over REST."""
    from nst_tf_serving.client.rest import RestTransport

    return _painted(RestTransport(scene.rest, timeout=PATIENCE), chance.choice(scene.works))


def _painted(server: Transport, work: Work) -> Outcome:
    try:
        return _compared(png_of(server.predict(SIGNATURE, work.inputs)), work)
    except ServerError as error:
        return Outcome(BUSY if error.status in (429, 503) else LOST, str(error))


def _compared(png: bytes, work: Work) -> Outcome:
    return Outcome(RIGHT) if png == work.png else Outcome(WRONG, f"{len(png)} other bytes")


def grpc_client(scene: Scene, chance: random.Random) -> Outcome:
    """Ask for a painting over gRPC with TF Serving's own stub, which also brings the server's times."""
    import grpc

    work = chance.choice(scene.works)
    with grpc.insecure_channel(scene.grpc) as channel:
        try:
            response, call = _stub(channel).Predict.with_call(_request(work), timeout=PATIENCE)
        except grpc.RpcError as error:
            busy = error.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
            return Outcome(BUSY if busy else LOST, f"{error.code().name}: {error.details()}")
        outcome = _compared(response.outputs["stylized_bytes"].string_val[0], work)
        outcome.waited, outcome.painted = _times(dict(call.trailing_metadata()).get("server-timing", ""))
        return outcome


def _stub(channel: Any) -> Any:
    from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

    return PredictionServiceStub(channel)


def _request(work: Work, signature: str = SIGNATURE) -> Any:
    import numpy as np
    import tensorflow as tf
    from tensorflow_serving.apis.predict_pb2 import PredictRequest

    request = PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = MODEL, signature
    for name, value in work.inputs.items():
        whole = name in ("steps", "size", "seed")
        kind = object if isinstance(value, (bytes, str)) else np.int32 if whole else np.float32
        element = value.encode() if isinstance(value, str) else value
        request.inputs[name].CopyFrom(tf.make_tensor_proto(np.array([element], kind)))
    return request


def _times(header: str) -> tuple[float | None, float | None]:
    """Read `queue;dur=MS, run;dur=MS`."""
    found = dict(part.strip().split(";dur=") for part in header.split(",") if ";dur=" in part)
    queue, run = found.get("queue"), found.get("run")
    return (float(queue) / 1000 if queue else None), (float(run) / 1000 if run else None)


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


def grpc_bad(scene: Scene, chance: random.Random) -> Outcome:
    """Send something wrong over gRPC, and expect its refusal."""
    import grpc

    work = chance.choice(scene.works)
    wrong, code = chance.choice(
        [
            (_request(work, "paint"), "FAILED_PRECONDITION"),
            (_request(Work(work.inputs | {"content_bytes": b"no picture"})), "INVALID_ARGUMENT"),
            (_request(Work(work.inputs | {"steps": 10**6})), "INVALID_ARGUMENT"),
            (_request(Work({"content_bytes": b""})), "INVALID_ARGUMENT"),
        ]
    )
    with grpc.insecure_channel(scene.grpc) as channel:
        try:
            _stub(channel).Predict(wrong, timeout=PATIENCE)
        except grpc.RpcError as error:
            name = error.code().name
            if name == "RESOURCE_EXHAUSTED":
                return Outcome(BUSY)
            return Outcome(REFUSED) if name == code else Outcome(WRONG, f"{name}, not {code}: {error.details()}")
    return Outcome(WRONG, f"an answer, not {code}")


def rest_hanging_up(scene: Scene, chance: random.Random) -> Outcome:
    """Send a request, or a part of it, and go away."""
    head, body = _raw(scene, chance.choice(scene.works))
    with _connected(scene) as connection:
        connection.sendall(head + (body if chance.random() < 0.7 else body[: len(body) // 2]))
        time.sleep(chance.uniform(0, 0.3))
    return Outcome(LEFT)


def grpc_hanging_up(scene: Scene, chance: random.Random) -> Outcome:
    """Call, and cancel or let the deadline pass."""
    import grpc

    with grpc.insecure_channel(scene.grpc) as channel:
        call = _stub(channel).Predict.future(_request(chance.choice(scene.works)), timeout=chance.uniform(0.01, 0.3))
        time.sleep(chance.uniform(0, 0.2))
        if chance.random() < 0.5:
            call.cancel()
        else:
            call.exception()
    return Outcome(LEFT) if call.code() is not grpc.StatusCode.INTERNAL else Outcome(WRONG, call.details())


def slow_client(scene: Scene, chance: random.Random) -> Outcome:
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
    return _compared(png, work)


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


@dataclass(frozen=True)
class Cast:
    """The kinds of clients, and how many of 16 are of each."""

    kinds: dict[str, tuple[Kind, int]] = field(
        default_factory=lambda: {
            "REST": (rest_client, 4),
            "gRPC": (grpc_client, 5),
            "slow, REST": (slow_client, 2),
            "bad requests, REST": (rest_bad, 1),
            "bad requests, gRPC": (grpc_bad, 1),
            "hang up, REST": (rest_hanging_up, 2),
            "hang up, gRPC": (grpc_hanging_up, 1),
        }
    )

    def of(self, client: int) -> tuple[str, Kind]:
        """Return the kind of a client."""
        names = [name for name, (_, share) in self.kinds.items() for _ in range(share)]
        name = names[client % len(names)]
        return name, self.kinds[name][0]
