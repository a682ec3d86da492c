"""A client for TF Serving or the local server: sends two encoded pictures, receives a painting.

Over REST it needs httpx, and neither TensorFlow nor NumPy; over gRPC see `client.grpc`.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nst_tf.config import REQUEST_SETTINGS, StyleConfig
from nst_tf_serving.client.connection import connect
from nst_tf_serving.client.retrying import BUSY, GONE, RetryingTransport
from nst_tf_serving.client.slices import (
    PNG_SIGNATURE,
    RequestProgress,
    ServedPainting,
    SliceOptions,
    offers_slices,
    paint_in_slices,
)
from nst_tf_serving.client.tls import NO_TLS, Tls
from nst_tf_serving.client.transport import TOO_SLOW, ServerError, Signatures, Transport, Value
from nst_tf_serving.server_options import DEADLINE, MODEL

DEFAULT_SIZE = 0
"""Size that stands for the served model's default."""

OnProgress = Callable[[RequestProgress], object]
"""Called after each slice; an exception ends the request, and `state` of the last progress goes on from there."""


def request_painting(
    url: str,
    content: bytes,
    style: bytes | str,
    *,
    settings: Mapping[str, float | str] | None = None,
    model: str = MODEL,
    timeout: float = DEADLINE,
    tls: Tls = NO_TLS,
    slices: SliceOptions | None = SliceOptions(),  # noqa: B008 (frozen)
    on_progress: OnProgress | None = None,
) -> ServedPainting:
    """Request a painting from a server, in slices if its model has them, otherwise in one call.

    Settings that are not given are the model's own. REST has no defaults, so that a request with some settings sends
    all of them, the others as the model's metadata say.

    Args:
        url: The server, such as `http://localhost:8501` or `grpc://localhost:8500`; or several with commas between, of
            which any may answer.
        content: The photograph, encoded.
        style: The style, encoded; or the name of one that is in the model.
        settings: Maps names in `nst_tf.config.REQUEST_SETTINGS` to values; not used when `slices.state` is given.
        model: Name of the served model.
        timeout: Seconds to wait for an answer.
        tls: Files for TLS.
        slices: How to slice; None for a single call.
        on_progress: Called after each slice.

    Raises:
        ServerError: If no server can be reached, takes too long, refuses, or returns no painting.
        OSError: If a file for TLS can't be read.
        ValueError: If a setting, the URL, such a file, or a variable for proxies or certificates is invalid.
    """
    all_settings(settings or {})
    ways = _ways(url, model, timeout, tls)
    if slices is None:
        known = _signatures(ways[0]) if settings or isinstance(style, str) else {}
        return _in_one_call(ways[0], content, style, _chosen(style, settings or {}, known))
    for item in _painted(RetryingTransport(ways, patience=slices.patience), content, style, settings or {}, slices):
        if isinstance(item, RequestProgress) and on_progress:
            on_progress(item)
    return _finished(item)


async def request_painting_async(
    url: str,
    content: bytes,
    style: bytes | str,
    *,
    settings: Mapping[str, float | str] | None = None,
    model: str = MODEL,
    timeout: float = DEADLINE,
    tls: Tls = NO_TLS,
    slices: SliceOptions = SliceOptions(),  # noqa: B008 (frozen)
    on_progress: OnProgress | None = None,
) -> ServedPainting:
    """Request a painting as `request_painting` does, without blocking the event loop.

    Each slice waits in a thread; `on_progress` is called in the event loop. If the task is canceled, no further slice
    is asked for, and the state of the last progress goes on from there.
    """
    all_settings(settings or {})
    way = RetryingTransport(_ways(url, model, timeout, tls), patience=slices.patience)
    items = _painted(way, content, style, settings or {}, slices)
    item: Any = None
    while (following := await asyncio.to_thread(next, items, None)) is not None:
        item = following
        if isinstance(item, RequestProgress) and on_progress:
            on_progress(item)
    return _finished(item)


def _ways(url: str, model: str, timeout: float, tls: Tls) -> list[Transport]:
    return [connect(each.strip(), model=model, timeout=timeout, tls=tls) for each in url.split(",")]


def _painted(
    way: Transport, content: bytes, style: bytes | str, settings: Mapping[str, float | str], options: SliceOptions
) -> Iterator[RequestProgress | ServedPainting]:
    """Paint in slices if the model has them, otherwise in one call."""
    known = _signatures(way)
    chosen = _chosen(style, settings, known)
    if offers_slices(known, named=isinstance(style, str)):
        yield from paint_in_slices(way, _pictures(content, style), chosen, options)
    elif options.state:
        raise ServerError("This model does not paint in slices, so it can't go on from a state; ask that of before.")
    else:
        yield _in_one_call(way, content, style, chosen)


def _signatures(way: Transport) -> Signatures:
    """Return the model's signatures; of a server that refuses to tell, none."""
    try:
        return way.signatures()
    except ServerError as error:
        if error.status in (*GONE, BUSY, TOO_SLOW):
            raise
        return {}


def _finished(item: RequestProgress | ServedPainting) -> ServedPainting:
    painting = item.painting if isinstance(item, RequestProgress) else item
    if painting is None:
        raise ServerError("The server sent no painting.")
    return painting


def _in_one_call(way: Transport, content: bytes, style: bytes | str, chosen: Mapping[str, Value]) -> ServedPainting:
    signature = "stylize_named" if isinstance(style, str) else "stylize_bytes" if chosen else "serving_default"
    return _painting(way.predict(signature, {**_pictures(content, style), **chosen}))


def _pictures(content: bytes, style: bytes | str) -> dict[str, Value]:
    return {"content_bytes": content, "style_name" if isinstance(style, str) else "style_bytes": style}


def _chosen(style: bytes | str, given: Mapping[str, float | str], known: Signatures) -> dict[str, Value]:
    """Return no settings, or all of them: those that are not given are the model's, as far as it says."""
    checked = all_settings(given)
    if not given and not isinstance(style, str):
        return {}
    signature = known.get("stylize_named" if isinstance(style, str) else "stylize_bytes")
    own = signature.defaults if signature else {}
    return {name: own[name] if name in own and name not in given else value for name, value in checked.items()}


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
