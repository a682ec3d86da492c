"""Proxies and certificates from the environment; error messages name the variable at fault.

A server on this machine is reached without a proxy, and certificates are read only for https, so that unrelated
variables can't break a request. NO_PROXY is honored.
"""

import ipaddress
import os
import re
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import httpx

from nst_tf_serving.client.own_host import is_own
from nst_tf_serving.client.tls import NO_TLS, Tls, show, trust

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
"""Proxy schemes that httpx supports."""

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that name the trusted certificates; the first that is set counts."""

KEY_LOG = "SSLKEYLOGFILE"
"""Variable that makes Python log the TLS keys of every connection to a file."""


@dataclass(frozen=True)
class Proxy:
    """A proxy and its source: an environment variable, or the system's settings."""

    source: str
    address: str

    def __str__(self) -> str:
        """Return the source and the address, without a password."""
        shown = re.sub(r"^(.*://)?.*@", r"\1***@", self.address)
        return f"{self.source} ({shown!r})"

    def way(self) -> httpx.Proxy:
        """Return the proxy for httpx.

        Raises:
            ValueError: If its address is invalid.
        """
        address = self.address if "://" in self.address else f"http://{self.address}"
        try:
            url = httpx.URL(address)
            if url.scheme not in PROXY_SCHEMES or not url.host:
                raise ValueError(f"it must be {', '.join(PROXY_SCHEMES)} and a host, as in http://proxy:3128")
            return httpx.Proxy(url, ssl_context=certificates(url) if url.scheme == "https" else None)
        except (ValueError, httpx.InvalidURL) as error:
            raise ValueError(f"The proxy of {self} can't be used: {error}. {self.remedy()}") from None

    def remedy(self) -> str:
        """Say how to correct or avoid the proxy."""
        return "Correct or unset it, or add the server's name to NO_PROXY."


def find_proxy(url: httpx.URL) -> Proxy | None:
    """Return the proxy for a URL, or None."""
    proxy = _set_proxy(url.scheme)
    if proxy is None or is_own(url.host) or _is_excepted(url):
        return None
    return proxy


def _is_excepted(url: httpx.URL) -> bool:
    """Tell whether NO_PROXY names the server: as Python reads it, or as a network that contains its address."""
    if urllib.request.proxy_bypass(url.netloc.decode()):
        return True
    named = urllib.request.getproxies_environment().get("no", "")
    return any(_is_within(url.host, name.strip()) for name in named.split(","))


def _is_within(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _set_proxy(scheme: str) -> Proxy | None:
    """Return the proxy of a scheme, or that for all schemes; a lower-case variable wins, even if empty."""
    for kind in (scheme, "all"):
        for name in (f"{kind}_proxy", f"{kind}_proxy".upper()):
            if name in os.environ:
                if os.environ[name].strip():
                    return Proxy(name, os.environ[name].strip())
                break
    if urllib.request.getproxies_environment():
        return None
    address = urllib.request.getproxies().get(scheme)
    return Proxy("the system's settings", address) if address else None


def certificates(url: httpx.URL, tls: Tls = NO_TLS) -> ssl.SSLContext:
    """Return an SSL context with the trusted certificates; none are loaded unless the URL is https.

    Raises:
        OSError: If a file of `tls` can't be read.
        ValueError: If they can't be used; the message names the variable or the file at fault.
    """
    if url.scheme != "https":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = _environments_certificates() if tls.ca is None else trust(tls.ca)
    if tls.certificate is not None:
        show(tls.certificate, tls.key, context)
    return context


def _environments_certificates() -> ssl.SSLContext:
    name = certificates_variable()
    if name == "SSL_CERT_DIR" and not any(Path(each).is_dir() for each in os.environ[name].split(os.pathsep)):
        raise ValueError(f"{name} must name a folder of certificates; there is no folder {os.environ[name]!r}.")
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # includes SSLError
        if error.filename is not None and error.filename == os.environ.get(KEY_LOG):
            name = KEY_LOG
        source = "httpx's certificates" if name is None else f"what {name} names, {os.environ[name]!r},"
        reason = error.strerror or str(error)
        raise ValueError(f"For https, {source} can't be used: {reason}. Correct or unset the variable.") from None


def certificates_variable() -> str | None:
    """Return the variable that names the trusted certificates, if one is set."""
    return next((name for name in CERTIFICATES if os.environ.get(name)), None)
