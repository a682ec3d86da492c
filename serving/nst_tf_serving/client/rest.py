"""A client for TF Serving or the local server: sends two encoded pictures, receives a painting.

It needs httpx, and neither TensorFlow nor NumPy.
"""

import base64
import binascii
import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from nst_tf.config import REQUEST_SETTINGS, StyleConfig
from nst_tf_serving.client.environment import Proxy, certificates, certificates_variable, find_proxy
from nst_tf_serving.server_options import DEADLINE, MODEL
from nst_tf_serving.tf_errors import strip_graph_trace

DEFAULT_SIZE = 0
"""Size that stands for the served model's default."""

CONNECT_SECONDS = 10.0
"""Timeout for connecting."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class ServerError(RuntimeError):
    """A failed request: a message, and the HTTP status if the server answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        """Store the message and the status."""
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class ServedPainting:
    """A painting as PNG, and its loss, which the server returns only for a request with settings."""

    png: bytes
    loss: float | None


def request_painting(
    url: str,
    content: bytes,
    style: bytes | str,
    *,
    settings: Mapping[str, float | str] | None = None,
    model: str = MODEL,
    timeout: float = DEADLINE,
) -> ServedPainting:
    """Request a painting from a server.

    Without settings, the model's own defaults apply. With some, or with the name of a style, the request sends all of
    them, the others with `StyleConfig`'s defaults, since REST has no defaults.

    Args:
        url: The server, such as `http://localhost:8501`.
        content: The photograph, encoded.
        style: The style, encoded; or the name of one that is in the model.
        settings: Maps names in `nst_tf.config.REQUEST_SETTINGS` to values.
        model: Name of the served model.
        timeout: Seconds to wait for the answer.

    Raises:
        ServerError: If the server can't be reached, takes too long, refuses, or returns no painting.
        ValueError: If a setting, the URL, or a variable for proxies or certificates is invalid.
    """
    address = f"{_checked(url)}/v1/models/{urllib.parse.quote(model, safe='')}:predict"
    row: dict[str, Any] = {"content_bytes": _b64(content)}
    if isinstance(style, str):
        signature, row["style_name"] = "stylize_named", style
        row |= all_settings(settings or {})
    else:
        signature, row["style_bytes"] = "stylize_bytes" if settings else "serving_default", _b64(style)
        row |= all_settings(settings) if settings else {}
    return _painting(_post(address, {"signature_name": signature, "instances": [row]}, timeout))


def all_settings(given: Mapping[str, float | str]) -> dict[str, float | str]:
    """Return all settings of a request, the missing ones with their defaults.

    Raises:
        ValueError: If a setting is unknown, or its value is invalid.
    """
    unknown = sorted(set(given) - set(REQUEST_SETTINGS))
    if unknown:
        raise ValueError(f"A request's settings must be among {', '.join(REQUEST_SETTINGS)}; got {', '.join(unknown)}.")
    config = StyleConfig(**given)  # type: ignore[arg-type]  # StyleConfig checks the types
    values = {name: getattr(config, name) for name in REQUEST_SETTINGS}
    return {name: DEFAULT_SIZE if value is None else value for name, value in values.items()}


def _checked(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"The server's address must begin with http:// or https://; got {url!r}.")
    return url.rstrip("/")


def _b64(data: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(data).decode()}


def _post(address: str, request: dict[str, Any], timeout: float) -> Any:
    url = _url(address)
    proxy = find_proxy(url)
    try:
        response = _send(url, request, proxy, timeout)
    except httpx.ConnectTimeout:
        raise ServerError(f"No server answers at {address}{_through(proxy)}; check the address.") from None
    except httpx.TimeoutException:
        raise ServerError(
            f"{address} gave no answer within {timeout:g} s; ask for fewer steps or a smaller size, or wait longer."
        ) from None
    except httpx.HTTPError as error:
        reason = f"{error or type(error).__name__}{_trusted(error)}"
        raise ServerError(f"{address} can't be reached{_through(proxy)}: {reason}.{_remedy(proxy)}") from None
    if response.status_code >= 300:
        refused = f"The server refused ({response.status_code}{_through(proxy)}): {_reason(response)}"
        raise ServerError(refused, response.status_code)
    return _json(response, proxy)


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError(f"{address} is not an address: {error}.") from None
    if not url.host:
        raise ValueError(f"{address} is not an address: it names no server.")
    return url


def _send(url: httpx.URL, request: dict[str, Any], proxy: Proxy | None, timeout: float) -> httpx.Response:
    limits = httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
    way = None if proxy is None else proxy.way()
    try:
        client = httpx.Client(proxy=way, verify=certificates(url), timeout=limits, trust_env=False)
    except ImportError:
        raise ValueError(f"The proxy of {proxy} needs the package socksio: pip install 'httpx[socks]'.") from None
    with client:
        return client.post(url, json=request)


def _through(proxy: Proxy | None) -> str:
    return "" if proxy is None else f" through the proxy of {proxy}"


def _remedy(proxy: Proxy | None) -> str:
    return "" if proxy is None else f" {proxy.remedy()}"


def _trusted(error: httpx.HTTPError) -> str:
    """Name the variable of the certificates that do not match the server's."""
    variable = certificates_variable()
    if variable is None or "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return ""
    return f"; {variable} names the certificates that are trusted"


def _reason(response: httpx.Response) -> str:
    """Return the server's reason in one line: TF Serving's `error`, or whatever a proxy wrote."""
    try:
        reason = response.json()["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        reason = response.text or response.reason_phrase
    return strip_graph_trace(str(reason))[:500]


def _json(response: httpx.Response, proxy: Proxy | None) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        kind = response.headers.get("content-type", "no type")
        raise ServerError(
            f"The server's answer{_through(proxy)} is not JSON ({kind[:80]}); is it a REST port?"
        ) from None


def _painting(answer: Any) -> ServedPainting:
    try:
        row = answer["predictions"][0]
        picture = row if "b64" in row else row["stylized_bytes"]
        loss = row.get("loss")
        served = ServedPainting(base64.b64decode(picture["b64"], validate=True), None if loss is None else float(loss))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, binascii.Error):
        raise ServerError("The server's answer holds no painting; is another model served under this name?") from None
    if not served.png.startswith(PNG_SIGNATURE):
        raise ServerError("The server's answer holds no PNG; is another model served under this name?")
    return served
