"""Clients of a load test over gRPC, with TF Serving's own stub: each calls once, and says what became of it."""

import random
import time
from typing import Any

from tools.soak.load.records import BUSY, LEFT, LOST, REFUSED, WRONG, Outcome
from tools.soak.load.works import MODEL, PATIENCE, SIGNATURE, Scene, Work, compared


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
        outcome = compared(response.outputs["stylized_bytes"].string_val[0], work)
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
