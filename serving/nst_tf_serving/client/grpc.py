"""The way to a served model over TF Serving's gRPC interface.

It needs grpcio and tensorflow-serving-api, whose messages contain TensorFlow's own: importing this imports TensorFlow,
which takes some seconds.
"""

import os
import re
import ssl
import urllib.parse
import urllib.request
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import grpc
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

from nst_tf_serving.client.own_host import is_own
from nst_tf_serving.client.tls import NO_TLS, Tls, show, trust
from nst_tf_serving.client.transport import TOO_LARGE, Description, Outputs, ServerError, Signature, Signatures, Value
from nst_tf_serving.server_options import DEADLINE, MODEL
from nst_tf_serving.tf_errors import strip_graph_trace

SCHEMES = ("grpc", "grpcs")

STATUSES = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
"""A code's status in TF Serving's REST interface; all others are 500."""

PING_MS = 310_000
"""Time between keepalive pings; stock servers hang up on clients that ping more often than every 5 minutes."""

CONNECT_MS = 10_000
"""Timeout for connecting."""

PROXIES = ("grpc_proxy", "https_proxy", "http_proxy")
"""Variables that gRPC reads."""

OPTIONS: list[tuple[str, int]] = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", PING_MS),
    ("grpc.min_reconnect_backoff_ms", CONNECT_MS),
    ("grpc.use_local_subchannel_pool", 1),  # each call connects afresh, whatever befell the one before
]


class GrpcTransport:
    """A way to one server and the model on it, over gRPC; see `Transport`.

    Each call has a deadline and a connection of its own, so that the next may reach another server of that name.
    """

    def __init__(self, url: str, *, model: str = MODEL, timeout: float = DEADLINE, tls: Tls = NO_TLS) -> None:
        """Take the address; nothing is sent yet.

        Args:
            url: The server, such as `grpc://localhost:8500`; `grpcs` stands for TLS.
            model: Name of the served model.
            timeout: Seconds to wait for an answer, sent as the call's deadline.
            tls: Files for TLS.

        Raises:
            OSError: If a file of `tls` can't be read.
            ValueError: If the URL is invalid, or such a file.
        """
        self._url, parts = url, _parsed(url)
        self._target, self._model, self._timeout = parts.netloc, model, timeout
        self._credentials = _credentials(tls) if parts.scheme == "grpcs" else None
        self._proxy = _proxy_variable(parts.hostname or "")
        self._options = OPTIONS if self._proxy else [*OPTIONS, ("grpc.enable_http_proxy", 0)]

    def predict(self, signature: str, inputs: Mapping[str, Value]) -> Outputs:
        """Run a signature on one row of inputs, and return its row of outputs.

        Raises:
            ServerError: If the server can't be reached, takes too long, refuses, or answers something else.
        """
        request = predict_pb2.PredictRequest()
        request.model_spec.name, request.model_spec.signature_name = self._model, signature
        numbers = any(not isinstance(value, (bytes, str)) for value in inputs.values())
        kinds = self._known[signature].inputs if numbers and signature in self._known else {}
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(_tensor(value, kinds.get(name)))
        response, timing = self._call("Predict", request)
        try:
            return Outputs({name: _value(tensor) for name, tensor in response.outputs.items()}, timing)
        except (ValueError, TypeError, IndexError):
            raise ServerError("The server's answer holds no prediction; is another model served here?") from None

    def describe(self) -> Description:
        """Return the model's signatures and version, from its metadata.

        Raises:
            ServerError: As `predict` does.
        """
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = self._model
        found = get_model_metadata_pb2.SignatureDefMap()
        answer, _ = self._call("GetModelMetadata", request)
        if not answer.metadata["signature_def"].Unpack(found):
            raise ServerError("The server's metadata list no signatures; is it TF Serving?")
        signatures = {
            name: Signature(
                inputs={key: types_pb2.DataType.Name(each.dtype) for key, each in definition.inputs.items()},
                defaults={key: _value(each) for key, each in definition.defaults.items()},
            )
            for name, definition in found.signature_def.items()
            if definition.inputs
        }
        version = answer.model_spec.version
        return Description(signatures, str(version.value) if answer.model_spec.HasField("version") else "")

    @cached_property
    def _known(self) -> Signatures:
        """The signatures, asked for once: numbers have one of several types over gRPC."""
        return self.describe().signatures

    def _call(self, method: str, request: Any) -> tuple[Any, str]:
        """Send a request, and return the answer and its `server-timing`."""
        with self._channel() as channel:
            call = getattr(prediction_service_pb2_grpc.PredictionServiceStub(channel), method)
            try:
                answer, ended = call.with_call(request, timeout=self._timeout)
            except grpc.RpcError as error:
                self._refused(error.code(), " ".join((error.details() or "").split()))
            return answer, str(dict(ended.trailing_metadata() or ()).get("server-timing", ""))

    def _channel(self) -> Any:
        if self._credentials is None:
            return grpc.insecure_channel(self._target, options=self._options)
        return grpc.secure_channel(self._target, self._credentials, options=self._options)

    def _refused(self, code: Any, details: str) -> NoReturn:
        """Raise the error of a call that failed, in a sentence."""
        if code == grpc.StatusCode.UNAVAILABLE and (reason := _unreachable(details)):
            raise ServerError(f"{self._url} can't be reached: {reason}.{_remedy(self._proxy)}")
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            raise ServerError(
                f"{self._url} gave no answer within {self._timeout:g} s; ask for fewer steps or a smaller size, or "
                "wait longer.",
                STATUSES[code],
            )
        if code == grpc.StatusCode.UNIMPLEMENTED:
            raise ServerError(f"{self._url} speaks gRPC, but not TF Serving's PredictionService.", STATUSES[code])
        if code == grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in details:
            raise ServerError(f"The request is too large for the server; send smaller pictures: {details}.", TOO_LARGE)
        raise ServerError(
            f"The server refused ({code.name}): {strip_graph_trace(details)[:500]}", STATUSES.get(code, 500)
        )


def _parsed(url: str) -> urllib.parse.SplitResult:
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{url} is not an address: {error}.") from None
    if parts.scheme not in SCHEMES or not parts.hostname or port is None or parts.path.strip("/") or parts.username:
        raise ValueError(f"A server's address for gRPC must be like grpc://localhost:8500; got {url!r}.")
    return parts


def _proxy_variable(host: str) -> str | None:
    """Return the variable whose proxy gRPC will use for a host, or None: this machine is reached without."""
    if is_own(host) or urllib.request.proxy_bypass(host):
        return None
    return next((name for name in PROXIES if os.environ.get(name)), None)


def _remedy(proxy: str | None) -> str:
    if proxy is None:
        return ""
    return f" {proxy} names a proxy: correct or unset it, or add the server's name to no_proxy."


def _credentials(tls: Tls) -> Any:
    """Read the files; the first look at them is that of Python's `ssl`, which can say what is wrong."""
    ca = tls.ca or (Path(os.environ["SSL_CERT_FILE"]) if os.environ.get("SSL_CERT_FILE") else None)
    context = trust(ca) if ca else None
    if tls.certificate is None:
        return grpc.ssl_channel_credentials(ca.read_bytes() if ca else None)
    show(tls.certificate, tls.key, context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    key = (tls.key or tls.certificate).read_bytes()
    return grpc.ssl_channel_credentials(ca.read_bytes() if ca else None, key, tls.certificate.read_bytes())


def _tensor(value: Value, kind: str | None) -> Any:
    """Encode a value as a batch of one; without a type, TensorFlow chooses one."""
    element = value.encode() if isinstance(value, str) else value
    dtype = None if kind is None else tf.as_dtype(types_pb2.DataType.Value(kind))
    return tf.make_tensor_proto([element], dtype=dtype)


def _value(tensor: Any) -> Value:
    element = tf.make_ndarray(tensor).reshape(-1).tolist()[0]
    if not isinstance(element, (bytes, str, int, float)):
        raise TypeError
    return element


REASONS = {
    r"Failed parsing HTTP/2|HTTP/1": "it answers, but not in gRPC; is it the REST port, or does it want grpcs://",
    r"WRONG_VERSION_NUMBER": "it does not speak TLS; try grpc:// instead of grpcs://",
    r"CERTIFICATE_VERIFY_FAILED|Hostname Verification|not match": "its certificate is not trusted, or not its own",
    r"Connection refused": "connection refused",
    r"lookup|resolving|DNS": "its name is unknown",
    r"Socket closed|reset|Broken pipe|GOAWAY|recvmsg|Stream removed|EOF": "the connection broke off",
    r"failed to connect|[Cc]onnect": "no connection",
}
"""What gRPC says about a connection that failed, as patterns, to what is said here."""


def _unreachable(details: str) -> str | None:
    """Return why the server can't be reached; None if the server itself has answered."""
    return next((reason for pattern, reason in REASONS.items() if re.search(pattern, details)), None)
