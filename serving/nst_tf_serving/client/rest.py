"""The way to a served model over TF Serving's REST interface. It needs httpx, and neither TensorFlow nor NumPy."""

import base64
import json
import struct
import urllib.parse
from collections.abc import Mapping
from typing import Any

import httpx

from nst_tf_serving.client.environment import Proxy, certificates, certificates_variable, find_proxy
from nst_tf_serving.client.tls import NO_TLS, Tls
from nst_tf_serving.client.transport import TOO_SLOW, Description, Outputs, ServerError, Signature, Value
from nst_tf_serving.server_options import DEADLINE, MODEL
from nst_tf_serving.tf_errors import strip_graph_trace

CONNECT_SECONDS = 10.0
"""Timeout for connecting."""

SOLE_OUTPUT = "stylized_bytes"
"""Name of an only output, that of `serving_default`; REST leaves it out."""

_FIELDS = {"DT_INT32": ("int_val", "<i"), "DT_FLOAT": ("float_val", "<f"), "DT_STRING": ("string_val", "")}
"""Type to the field of a TensorProto that holds its elements, and their form in its `tensor_content`."""


class RestTransport:
    """A way to one server and the model on it, over REST; see `Transport`."""

    def __init__(self, url: str, *, model: str = MODEL, timeout: float = DEADLINE, tls: Tls = NO_TLS) -> None:
        """Take the address; nothing is sent yet.

        Args:
            url: The server, such as `http://localhost:8501`.
            model: Name of the served model.
            timeout: Seconds to wait for an answer.
            tls: Files for TLS.

        Raises:
            ValueError: If the URL is invalid.
        """
        self._address = f"{_checked(url)}/v1/models/{urllib.parse.quote(model, safe='')}"
        self._url, self._timeout, self._tls = _url(self._address), timeout, tls

    def predict(self, signature: str, inputs: Mapping[str, Value]) -> Outputs:
        """Run a signature on one row of inputs, and return its row of outputs.

        Raises:
            ServerError: If the server can't be reached, takes too long, refuses, or answers something else.
            OSError: If a file for TLS can't be read.
            ValueError: If such a file, or a variable for proxies or certificates, is invalid.
        """
        row = {name: _json_value(value) for name, value in inputs.items()}
        answer, timing = self._exchange("POST", ":predict", {"signature_name": signature, "instances": [row]})
        try:
            found = answer["predictions"][0]
            named = found if isinstance(found, dict) and "b64" not in found else {SOLE_OUTPUT: found}
            return Outputs({name: _value(each) for name, each in named.items()}, timing)
        except (KeyError, IndexError, TypeError, ValueError):
            raise ServerError("The server's answer holds no prediction; is another model served here?") from None

    def describe(self) -> Description:
        """Return the model's signatures and version, from its metadata.

        Raises:
            ServerError: As `predict` does.
            ValueError: As `predict` does.
        """
        answer, _ = self._exchange("GET", "/metadata")
        try:
            found = answer["metadata"]["signature_def"]["signature_def"]
            signatures = {
                name: Signature(
                    inputs={key: str(each["dtype"]) for key, each in definition["inputs"].items()},
                    defaults={key: _default(each) for key, each in definition.get("defaults", {}).items()},
                )
                for name, definition in found.items()
                if "inputs" in definition
            }
            return Description(signatures, str(answer.get("model_spec", {}).get("version", "")))
        except (KeyError, TypeError, AttributeError, ValueError, struct.error):
            raise ServerError("The server's metadata list no signatures; is it a REST port of TF Serving?") from None

    def _exchange(self, method: str, path: str, request: Any = None) -> tuple[Any, str]:
        """Send a request, and return the answer's JSON and its `Server-Timing`."""
        address = self._address + path
        url = _url(address)
        proxy = find_proxy(url)
        try:
            with _client(url, proxy, self._timeout, self._tls) as client:
                response = client.request(method, url, json=request)
        except httpx.ConnectTimeout:
            raise ServerError(f"No server answers at {address}{_through(proxy)}; check the address.") from None
        except httpx.TimeoutException:
            raise ServerError(
                f"{address} gave no answer within {self._timeout:g} s; ask for fewer steps or a smaller size, or wait "
                "longer.",
                TOO_SLOW,
            ) from None
        except httpx.HTTPError as error:
            reason = f"{error or type(error).__name__}{_trusted(error)}"
            raise ServerError(f"{address} can't be reached{_through(proxy)}: {reason}.{_remedy(proxy)}") from None
        if response.status_code >= 300:
            refused = f"The server refused ({response.status_code}{_through(proxy)}): {_reason(response)}"
            raise ServerError(refused, response.status_code)
        return _json(response, proxy), response.headers.get("Server-Timing", "")


def _default(tensor: Mapping[str, Any]) -> Value:
    """Return the element of a TensorProto with one, in protobuf's JSON: zeros may be left out."""
    field, form = _FIELDS[tensor["dtype"]]
    values = tensor.get(field) or [0 if form else ""]
    if not form:
        return base64.b64decode(values[0])
    content = base64.b64decode(tensor.get("tensor_content", "")) or struct.pack(form, values[0])
    return struct.unpack(form, content)[0]  # type: ignore[no-any-return]  # the float32 that the model has


def _json_value(value: Value) -> Any:
    return {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _value(found: Any) -> Value:
    return base64.b64decode(found["b64"], validate=True) if isinstance(found, dict) else _plain(found)


def _plain(found: Any) -> Value:
    if not isinstance(found, (str, int, float)):
        raise TypeError
    return found


def _checked(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"The server's address must begin with http:// or https://; got {url!r}.")
    return url.rstrip("/")


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError(f"{address} is not an address: {error}.") from None
    if not url.host:
        raise ValueError(f"{address} is not an address: it names no server.")
    return url


def _client(url: httpx.URL, proxy: Proxy | None, timeout: float, tls: Tls) -> httpx.Client:
    limits = httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
    way = None if proxy is None else proxy.way()
    try:
        return httpx.Client(proxy=way, verify=certificates(url, tls), timeout=limits, trust_env=False)
    except ImportError:
        raise ValueError(f"The proxy of {proxy} needs the package socksio: pip install 'httpx[socks]'.") from None


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
