"""Certificates made for a test, and servers of both protocols that show them."""

import contextlib
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import grpc
import trustme
import uvicorn

from helpers.grpc_servers import serving_grpc
from nst_tf_serving.server.app import bind, make_app
from nst_tf_serving.server_options import ServerOptions


@dataclass(frozen=True)
class Certificates:
    """Files: the authority's certificate, the server's and a client's, each with its key behind it."""

    ca: Path
    server: Path
    client: Path


def make_certificates(folder):
    """Write certificates for 127.0.0.1 and for a client, and their authority's."""
    authority = trustme.CA()
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "client.pem")
    authority.cert_pem.write_to_path(made.ca)
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(made.server)
    authority.issue_cert("a-client").private_key_and_cert_chain_pem.write_to_path(made.client)
    return made


@contextlib.contextmanager
def serving_with_tls(model, protocol, certificates, *, client_must_show=False):
    """Serve a model over `https` or `grpcs`; yields the address."""
    if protocol == "grpcs":
        pair = [(certificates.server.read_bytes(), certificates.server.read_bytes())]
        trusted = certificates.ca.read_bytes() if client_must_show else None
        credentials = grpc.ssl_server_credentials(pair, trusted, client_must_show)
        with serving_grpc(model, credentials=credentials) as target:
            yield f"grpcs://{target}"
        return
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(model, ServerOptions()),
            log_config=None,
            lifespan="off",
            ssl_certfile=certificates.server,
            ssl_ca_certs=certificates.ca,
            ssl_cert_reqs=ssl.CERT_REQUIRED if client_must_show else ssl.CERT_NONE,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    listener.listen()
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
