"""The way to a server that its address asks for: REST or gRPC, with or without TLS. Imports what that way needs."""

import re
import urllib.parse

from nst_tf_serving.client.tls import NO_TLS, Tls
from nst_tf_serving.client.transport import Transport
from nst_tf_serving.server_options import DEADLINE, MODEL

WITH_TLS = {"http": False, "https": True, "grpc": False, "grpcs": True}
"""Scheme to whether the connection is encrypted."""

_BARE = re.compile(r"([\w.-]+|\[[0-9a-f:.]+\]):\d+(/.*)?", re.IGNORECASE)
"""HOST:PORT, as people type it."""


def with_scheme(url: str) -> str:
    """Return an address with its scheme; `HOST:PORT` alone is one of REST without TLS."""
    return f"http://{url}" if _BARE.fullmatch(url) else url


def scheme_of(url: str) -> str:
    """Return the scheme of an address that has one.

    Raises:
        ValueError: If there is no such scheme.
    """
    scheme = urllib.parse.urlsplit(url).scheme if "://" in url else ""
    if scheme not in WITH_TLS:
        raise ValueError(f"The server's address must begin with {_listed()}; got {url!r}.")
    return scheme


def connect(url: str, *, model: str = MODEL, timeout: float = DEADLINE, tls: Tls = NO_TLS) -> Transport:
    """Return the way to a server; nothing is sent yet.

    Args:
        url: The server, such as `http://localhost:8501` or `grpc://localhost:8500`; `localhost:8501` is the former.
        model: Name of the served model.
        timeout: Seconds to wait for an answer.
        tls: Files for TLS.

    Raises:
        OSError: If a file of `tls` can't be read.
        ValueError: If the address is invalid, or such a file, or if there are files for a connection without TLS.
    """
    url = with_scheme(url)
    scheme = scheme_of(url)
    if tls != NO_TLS and not WITH_TLS[scheme]:
        raise ValueError(f"Certificates are for https:// and grpcs://; {url} is not encrypted.")
    if scheme.startswith("grpc"):
        from nst_tf_serving.client.grpc import GrpcTransport

        return GrpcTransport(url, model=model, timeout=timeout, tls=tls)
    from nst_tf_serving.client.rest import RestTransport

    return RestTransport(url, model=model, timeout=timeout, tls=tls)


def _listed() -> str:
    *most, last = (f"{scheme}://" for scheme in WITH_TLS)
    return f"{', '.join(most)} or {last}"
