"""A slice over REST or gRPC goes before the new requests that wait already."""

import dataclasses
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import tensorflow as tf
from helpers.grpc_servers import predict_request, serving_grpc, stub
from helpers.serving_toys import SlicedToy, b64, row, serving

from nst_tf_serving.server.job_queue import JobQueue
from nst_tf_serving.server.loaded_model import load_model
from nst_tf_serving.server.waiting_lines import Line

SLICE = {"state_bytes": b"0,9", "steps": 1, "preview": 0}


@pytest.fixture(scope="module")
def sliced(tmp_path_factory):
    folder, toy = tmp_path_factory.mktemp("sliced"), SlicedToy()
    signatures = {"stylize_bytes": toy.stylize_bytes, "advance": toy.advance}
    tf.saved_model.save(toy, str(folder / "1"), signatures=signatures)
    return load_model(folder)


def noting(model):
    """The same model, and the signatures that have run so far."""
    ran = []

    def noted(name):
        def run(**inputs):
            ran.append(name)
            return model.root.signatures[name](**inputs)

        return run

    root = types.SimpleNamespace(model=model.root, signatures={name: noted(name) for name in model.signatures})
    return dataclasses.replace(model, root=root), ran


@pytest.mark.parametrize("protocol", ["REST", "gRPC"])
def test_a_slice_waits_in_its_own_line_and_goes_first(sliced, protocol):
    model, ran = noting(sliced)
    workers, go = JobQueue(1, 1, pause=0.0), threading.Event()
    workers.submit(go.wait)
    with (
        serving(model, workers) as rest,
        serving_grpc(model, workers=workers) as target,
        stub(target) as predictions,
        ThreadPoolExecutor(2) as clients,
    ):

        def ask(signature, inputs):
            if protocol == "gRPC":
                sent = {name: [value] for name, value in inputs.items()}
                return predictions.Predict(predict_request(signature, **sent), timeout=20)
            body = {"signature_name": signature, "instances": [json_row(inputs)]}
            response = httpx.post(f"{rest}/v1/models/nst:predict", json=body, timeout=20, trust_env=False)
            return response.raise_for_status()

        try:
            new = clients.submit(ask, "stylize_bytes", settings())
            wait_for(workers, Line.WHOLE, new)
            begun = clients.submit(ask, "advance", SLICE)
            wait_for(workers, Line.SLICED, begun)
        finally:
            go.set()
        assert new.result(20) and begun.result(20)
    assert ran == ["advance", "stylize_bytes"]


def settings():
    """The settings of `row`."""
    return {name: value for name, value in row().items() if not name.endswith("_bytes")}


def json_row(inputs):
    """A row of JSON: pictures, and further inputs."""
    pictures = {name: value for name, value in row().items() if name.endswith("_bytes")}
    return pictures | {name: b64(value) if isinstance(value, bytes) else value for name, value in inputs.items()}


def wait_for(workers, line, request):
    """Wait until a request is in a line."""
    end = time.monotonic() + 20
    while not workers._lines.length(line):
        assert time.monotonic() < end and not request.done(), f"nothing is in the line {line.value}"
        time.sleep(0.005)
