"""The toy model, exported and loaded once, and servers for it that share a queue."""

import httpx
import pytest
from helpers.grpc_servers import serving_grpc, stub
from helpers.serving_toys import export_toy, serving

from nst_tf_serving.server.job_queue import JobQueue
from nst_tf_serving.server.loaded_model import load_model


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """An export folder with version 12."""
    return export_toy(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="session")
def model(exported):
    return load_model(exported)


@pytest.fixture(scope="session")
def both(model):
    """A REST server and a gRPC server for the same queue: their addresses."""
    workers = JobQueue(1, 8)
    with serving(model, workers) as address, serving_grpc(model, workers=workers) as target:
        yield address, target


@pytest.fixture(scope="session")
def target(both):
    return both[1]


@pytest.fixture(scope="session")
def predictions(target):
    """A stub for the session's server."""
    with stub(target) as made:
        yield made


@pytest.fixture(scope="session")
def rest(both):
    """A client for the REST server beside it."""
    with httpx.Client(base_url=both[0], timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """An environment without a proxy and certificates of the machine's own."""
    for name in ("grpc_proxy", "https_proxy", "http_proxy", "no_proxy", "no_grpc_proxy", "ssl_cert_file"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
