"""A client for TF Serving or the local server: sends two encoded pictures, receives a painting.

Over REST it needs httpx, and neither TensorFlow nor NumPy; over gRPC see `client.grpc`.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nst_tf_serving.client.connection import connect
from nst_tf_serving.client.request_settings import PaintingRequest, known_settings, settings_to_send
from nst_tf_serving.client.request_settings import all_settings as all_settings
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
from nst_tf_serving.client.transport import TOO_SLOW, Description, ServerError, Transport, Value
from nst_tf_serving.server_options import DEADLINE, MODEL

NOT_VALID = 400
"""Status of a request that asks for what the model does not have."""

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
        url: The server, such as `http://localhost:8501`, `localhost:8501` or `grpc://localhost:8500`; or several with
            commas between, of which any may answer.
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
    request = PaintingRequest(content=content, style=style, given=settings or {}, model=model)
    ways = _ways(url, model, timeout, tls)
    if slices is None:
        known = _described(ways[0]) if settings or request.named else Description()
        return _in_one_call(ways[0], request, known)
    for item in _painted(RetryingTransport(ways, patience=slices.patience), request, slices):
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
    request = PaintingRequest(content=content, style=style, given=settings or {}, model=model)
    items = _painted(RetryingTransport(_ways(url, model, timeout, tls), patience=slices.patience), request, slices)
    item: Any = None
    while (following := await asyncio.to_thread(next, items, None)) is not None:
        item = following
        if isinstance(item, RequestProgress) and on_progress:
            on_progress(item)
    return _finished(item)


def _ways(url: str, model: str, timeout: float, tls: Tls) -> list[Transport]:
    return [connect(each.strip(), model=model, timeout=timeout, tls=tls) for each in url.split(",")]


def _painted(
    way: Transport, request: PaintingRequest, options: SliceOptions
) -> Iterator[RequestProgress | ServedPainting]:
    """Paint in slices if the model has them, otherwise in one call."""
    known = _described(way)
    if not offers_slices(known.signatures, named=request.named):
        if options.state:
            raise ServerError("This model doesn't paint in slices, so it can't go on from a state; ask that of before.")
        yield _in_one_call(way, request, known)
        return
    settings = None if options.state else known_settings(request, known.signatures)
    chosen = settings_to_send(request, known.signatures)
    for progress in paint_in_slices(way, request.pictures, chosen, options):
        done = progress.painting
        noted = done and dataclasses.replace(done, settings=settings, version=known.version)
        yield dataclasses.replace(progress, painting=noted)


def _described(way: Transport) -> Description:
    """Return what a server says of its model; nothing if it refuses to tell."""
    try:
        return way.describe()
    except ServerError as error:
        if error.status in (*GONE, BUSY, TOO_SLOW):
            raise
        return Description()


def _finished(item: RequestProgress | ServedPainting) -> ServedPainting:
    painting = item.painting if isinstance(item, RequestProgress) else item
    if painting is None:
        raise ServerError("The server sent no painting.")
    return painting


def _in_one_call(way: Transport, request: PaintingRequest, known: Description) -> ServedPainting:
    chosen = settings_to_send(request, known.signatures)
    if isinstance(request.style, str) and known.signatures and request.signature not in known.signatures:
        name = request.style
        raise ServerError(
            f"The model {request.model!r} at this server has no styles of its own, so none is called {name!r}; give a "
            f"painting, or serve what nst-tf export --style {name}=FILE writes.",
            NOT_VALID,
        )
    signature = request.signature if chosen else "serving_default"
    painting = _painting(way.predict(signature, {**request.pictures, **chosen}))
    return dataclasses.replace(painting, settings=known_settings(request, known.signatures), version=known.version)


def _painting(outputs: Mapping[str, Value]) -> ServedPainting:
    png, loss = outputs.get("stylized_bytes"), outputs.get("loss")
    if not isinstance(png, bytes) or not (loss is None or isinstance(loss, (int, float))):
        raise ServerError("The server's answer holds no painting; is another model served under this name?")
    if not png.startswith(PNG_SIGNATURE):
        raise ServerError("The server's answer holds no PNG; is another model served under this name?")
    return ServedPainting(png, loss)
