"""The toy model, exported and loaded once, and a server for it."""

import httpx
import pytest
import tensorflow as tf
from helpers.serving_toys import Toy, serving

from nst_tf_serving.server.loaded_model import load_model


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """An export folder with versions 3 and 12."""
    folder = tmp_path_factory.mktemp("export")
    toy = Toy()
    signatures = {"serving_default": toy.plain, "stylize_bytes": toy.stylize_bytes, "features": toy.features}
    tf.saved_model.save(toy, str(folder / "12"), signatures=signatures)
    (folder / "3").mkdir()
    (folder / "3" / "saved_model.pb").write_bytes(b"an older one, not to be loaded")
    (folder / "temporary-13").mkdir()
    return folder


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
