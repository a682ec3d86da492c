"""The toy model, exported and loaded once, and a server for it."""

import httpx
import pytest
from helpers.serving_toys import export_toy, serving

from nst_tf_serving.server.loaded_model import load_model


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """An export folder with versions 3 and 12."""
    return export_toy(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="session")
def model(exported):
    return load_model(exported)


@pytest.fixture(scope="session")
def address(model):
    with serving(model) as address:
        yield address


@pytest.fixture(scope="session")
def rest(address):
    """A client for the session's server."""
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        yield client
