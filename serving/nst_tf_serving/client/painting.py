"""A client for TF Serving or the local server: sends two encoded pictures, receives a painting.

Over REST it needs httpx, and neither TensorFlow nor NumPy; over gRPC see `client.grpc`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nst_tf.config import REQUEST_SETTINGS, StyleConfig
from nst_tf_serving.client.connection import connect
from nst_tf_serving.client.tls import NO_TLS, Tls
from nst_tf_serving.client.transport import ServerError, Transport, Value
from nst_tf_serving.server_options import DEADLINE, MODEL

DEFAULT_SIZE = 0
"""Size that stands for the served model's default."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


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
    tls: Tls = NO_TLS,
) -> ServedPainting:
    """Request a painting from a server.

    Without settings, the model's own defaults apply. With some, or with the name of a style, the request sends all of
    them, the others with `StyleConfig`'s defaults, since REST has no defaults.

    Args:
        url: The server, such as `http://localhost:8501` or `grpc://localhost:8500`.
        content: The photograph, encoded.
        style: The style, encoded; or the name of one that is in the model.
        settings: Maps names in `nst_tf.config.REQUEST_SETTINGS` to values.
        model: Name of the served model.
        timeout: Seconds to wait for the answer.
        tls: Files for TLS.

    Raises:
        ServerError: If the server can't be reached, takes too long, refuses, or returns no painting.
        OSError: If a file for TLS can't be read.
        ValueError: If a setting, the URL, such a file, or a variable for proxies or certificates is invalid.
    """
    return _in_one_call(connect(url, model=model, timeout=timeout, tls=tls), content, style, settings or {})


def _in_one_call(
    transport: Transport, content: bytes, style: bytes | str, settings: Mapping[str, float | str]
) -> ServedPainting:
    inputs: dict[str, Value] = {"content_bytes": content}
    if isinstance(style, str):
        signature, inputs["style_name"] = "stylize_named", style
        inputs |= all_settings(settings)
    else:
        signature, inputs["style_bytes"] = "stylize_bytes" if settings else "serving_default", style
        inputs |= all_settings(settings) if settings else {}
    return _painting(transport.predict(signature, inputs))


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


def _painting(outputs: Mapping[str, Value]) -> ServedPainting:
    png, loss = outputs.get("stylized_bytes"), outputs.get("loss")
    if not isinstance(png, bytes) or not (loss is None or isinstance(loss, (int, float))):
        raise ServerError("The server's answer holds no painting; is another model served under this name?")
    if not png.startswith(PNG_SIGNATURE):
        raise ServerError("The server's answer holds no PNG; is another model served under this name?")
    return ServedPainting(png, loss)
