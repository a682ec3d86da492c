"""A local server with TF Serving's REST surface, for trying and testing. It is not TF Serving, and says so.

Differences that matter: one model and one version, no gRPC, no batching; a queue of its own (429 when it is full); and
a deadline (504) that is for the answer alone. The computation itself can't be stopped: it goes on until it ends, and
holds its thread until then. TF Serving stops it between two steps.
"""

import asyncio
import logging
import re
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nst_tf import __version__
from nst_tf_serving.bodies import read_body
from nst_tf_serving.engine import LoadedModel
from nst_tf_serving.options import ServerOptions
from nst_tf_serving.protocol import parse_request, to_arrays, to_response
from nst_tf_serving.tensors import RequestError
from nst_tf_serving.worker import Workers

SERVER_HEADER = f"nst-tf-serve/{__version__} (not TF Serving)"

_TARGET = r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_VERB = re.compile(_TARGET + r":(?P<verb>predict|classify|regress)", re.IGNORECASE)
_STATUS = re.compile(_TARGET + r"(?P<metadata>/metadata)?", re.IGNORECASE)


def make_app(model: LoadedModel, options: ServerOptions) -> Starlette:
    """Build the application that answers for one model."""
    workers = Workers(options.threads, options.queue)

    async def post(request: Request) -> Response:
        try:
            answer = await asyncio.wait_for(_predict(request, model, options, workers), options.deadline)
        except asyncio.TimeoutError:
            raise RequestError(
                f"The deadline of {options.deadline:g} s has passed; ask for fewer steps or a smaller size, "
                "or start the server with a longer one.",
                504,
            ) from None
        except asyncio.CancelledError:  # a second Ctrl-C
            raise RequestError("The server was stopped before the answer was there.", 503) from None
        return Response(answer, media_type="application/json")

    async def get(request: Request) -> Response:
        found = _parsed(_STATUS, request)
        _check_target(found, model, options)
        return JSONResponse(_metadata(model, options) if found["metadata"] else _status(model))

    routes = [Route("/{path:path}", post, methods=["POST"]), Route("/{path:path}", get, methods=["GET"])]
    handlers: dict[Any, Any] = {RequestError: _refuse, HTTPException: _refuse_method, Exception: _fail}
    return Starlette(routes=routes, exception_handlers=handlers)


async def _predict(request: Request, model: LoadedModel, options: ServerOptions, workers: Workers) -> bytes:
    found = _parsed(_VERB, request)
    _check_target(found, model, options)
    if found["verb"].lower() != "predict":
        raise RequestError(
            f"The model's signatures are for predict; {found['verb'].lower()} wants signatures on tf.Example."
        )
    body = await read_body(request, options.largest_body)
    wanted, arrays = await asyncio.to_thread(_understand, body, model)
    return await workers.run(lambda: to_response(model.run(wanted.signature, arrays), by_row=wanted.by_row))


def _understand(body: bytes, model: LoadedModel) -> tuple[Any, dict[str, Any]]:
    wanted = parse_request(body)
    return wanted, to_arrays(wanted, model.signature(wanted.signature).inputs)


def _parsed(pattern: re.Pattern[str], request: Request) -> re.Match[str]:
    found = pattern.fullmatch(request.scope["path"])
    if found is None:
        raise _malformed(request)
    return found


def _malformed(request: Request) -> RequestError:
    known = request.scope["path"].lower().startswith("/v1/")
    return RequestError(
        f"Malformed request: {request.method} {request.scope['path'][:200]}; "
        "there are POST /v1/models/NAME:predict, GET /v1/models/NAME and GET /v1/models/NAME/metadata.",
        400 if known else 404,
    )


def _check_target(found: re.Match[str], model: LoadedModel, options: ServerOptions) -> None:
    if found["name"] != options.name:
        raise RequestError(f"Servable not found: there is no model {found['name'][:100]!r} here.", 404)
    if found["label"]:
        raise RequestError(f"Unrecognized servable version label: {found['label'][:100]}; this server has no labels.")
    if found["version"] and int(found["version"][:20]) != model.version:
        raise RequestError(
            f"Servable not found: version {found['version'][:20]} of {options.name!r} is not here; "
            f"version {model.version} is.",
            404,
        )


def _status(model: LoadedModel) -> dict[str, Any]:
    healthy = {"error_code": "OK", "error_message": ""}
    return {"model_version_status": [{"version": str(model.version), "state": "AVAILABLE", "status": healthy}]}


def _metadata(model: LoadedModel, options: ServerOptions) -> dict[str, Any]:
    return {
        "model_spec": {"name": options.name, "signature_name": "", "version": str(model.version)},
        "metadata": {"signature_def": {"signature_def": dict(model.metadata)}},
    }


async def _refuse(_: Request, error: RequestError) -> Response:
    return JSONResponse({"error": error.message}, error.status)


async def _refuse_method(request: Request, _: HTTPException) -> Response:
    """Refuse other methods than GET and POST, which TF Serving takes for a wrong address."""
    return await _refuse(request, _malformed(request))


async def _fail(_: Request, error: Exception) -> Response:
    logging.getLogger(__name__).error("A request failed", exc_info=error)
    return JSONResponse({"error": f"The server failed: {type(error).__name__}."}, 500)


def bind(host: str, port: int) -> socket.socket:
    """Reserve an address, so that one that is taken is known before a model is loaded. Port 0 takes any free one.

    Raises:
        OSError: If it can't be had.
    """
    listener: socket.socket | None = None
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(kind, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, UnicodeError) as error:
        if listener is not None:
            listener.close()
        raise OSError(f"The server can't have {host}:{port}, choose another --port or --host: {error}.") from None
    return listener


def make_server(app: Starlette) -> uvicorn.Server:
    """Wrap an application in a server that is quiet and names itself."""
    headers = [("Server", SERVER_HEADER)]
    return uvicorn.Server(
        uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, server_header=False, headers=headers)
    )


def serve(app: Starlette, listener: socket.socket) -> int:
    """Serve until a signal comes, then finish what somebody waits for. A second Ctrl-C gives up on that.

    A computation whose deadline has passed may still run when this returns; it ends with the process.

    Returns:
        The signal's number, or 0.
    """
    came: list[int] = []
    server = make_server(app)
    restore = _catch(came.append)
    try:
        server.run(sockets=[listener])
    finally:
        restore()
    return came[0] if came else 0


def _catch(note: Callable[[int], None]) -> Callable[[], None]:
    """Note the signals that uvicorn raises once more after it has shut down, so that they end nothing."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    before = {number: signal.signal(number, lambda n, _: note(n)) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore
