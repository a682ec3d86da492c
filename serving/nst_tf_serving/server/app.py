"""A local server with TF Serving's REST API, for trying and testing. It is not TF Serving, and says so.

Differences that matter: one model and one version, no batching; a queue of its own (429 when it is full); and
a deadline (504) that only ends the wait for the answer. The computation can't be stopped: it runs to its end and
occupies its thread until then. TF Serving stops it between two steps.
"""

import asyncio
import dataclasses
import logging
import signal
import socket
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nst_tf import __version__
from nst_tf_serving.rest.addresses import Address, parse_address
from nst_tf_serving.rest.json_tensors import Array
from nst_tf_serving.rest.protocol import PredictRequest, check_examples, parse_request, to_arrays, to_response
from nst_tf_serving.rest.refusals import RequestError
from nst_tf_serving.server.checks import check_servable, deadline_passed
from nst_tf_serving.server.job_queue import JobQueue
from nst_tf_serving.server.loaded_model import LoadedModel
from nst_tf_serving.server.patient_protocol import PatientProtocol
from nst_tf_serving.server.request_body import read_body
from nst_tf_serving.server.stopwatch import Stopwatch
from nst_tf_serving.server.waiting_lines import line_of
from nst_tf_serving.server_options import ServerOptions

SERVER_HEADER = f"nst-tf-serve/{__version__} (not TF Serving)"


def make_app(model: LoadedModel, options: ServerOptions, workers: JobQueue | None = None) -> ASGIApp:
    """Build the ASGI application for one model, with a queue of its own unless it shares one."""
    workers = workers or JobQueue(options.threads, options.queue)

    async def answer(request: Request) -> Response:
        """Answer a request, or raise `RequestError`."""
        address = parse_address(request.method, _target(request))
        if request.method == "GET":
            return JSONResponse(_told(address, model, options))
        try:
            post = _post(request, address, model, options, workers)
            answered, timing = await asyncio.wait_for(post, options.deadline)
        except asyncio.TimeoutError:
            raise deadline_passed(options.deadline) from None
        except asyncio.CancelledError:  # a second Ctrl-C
            raise RequestError("The server was stopped before the answer was there.", 503) from None
        return Response(answered, media_type="application/json", headers={"Server-Timing": timing})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, turning every error into a JSON response."""
        try:
            response = await answer(Request(scope, receive))
        except RequestError as error:
            response = JSONResponse({"error": error.message}, error.status)
        except Exception as error:
            logging.getLogger(__name__).error("A request failed", exc_info=error)
            response = JSONResponse({"error": f"The server failed: {type(error).__name__}."}, 500)
        await response(scope, receive, send)

    return app


def _target(request: Request) -> str:
    """Return the request target as it was sent."""
    query = request.scope["query_string"]
    sent: bytes = request.scope["raw_path"] + (b"?" + query if query else b"")
    return sent.decode("latin-1")


async def _post(
    request: Request, address: Address, model: LoadedModel, options: ServerOptions, workers: JobQueue
) -> tuple[bytes, str]:
    body = await read_body(request, options.largest_body)
    wanted, arrays = await asyncio.to_thread(_understand, body, address, model, options)
    watch = Stopwatch()

    def job() -> bytes:
        """Run the signature, and encode its outputs."""
        return to_response(model.run(wanted.signature, arrays), by_row=wanted.by_row)

    client = request.client.host if request.client else ""
    answer = workers.run(lambda: watch.run(job), line_of(wanted.signature), client)
    return await _while_connected(request, answer), watch.server_timing()


async def _while_connected(request: Request, answer: Awaitable[bytes]) -> bytes:
    """Wait for an answer while its client does; a job that nobody waits for leaves the queue."""
    waiting, gone = asyncio.ensure_future(answer), asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise RequestError("The client went away before its answer was there.", 499)
        return waiting.result()
    finally:
        waiting.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    """Return when the client, whose request is complete, has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _understand(
    body: bytes, address: Address, model: LoadedModel, options: ServerOptions
) -> tuple[PredictRequest, dict[str, Array]]:
    """Parse the body, then check the model, then the signature: TF Serving's order, which decides the error message."""
    wanted = parse_request(body)
    if address.verb != "predict":
        check_examples(wanted)
    _check_model(address, model, options)
    if address.verb != "predict":
        raise RequestError(f"The model's signatures are for predict; {address.verb} wants signatures on tf.Example.")
    return wanted, to_arrays(wanted, model.signature(wanted.signature).inputs)


def _told(address: Address, model: LoadedModel, options: ServerOptions) -> dict[str, Any]:
    """Return a model's status or metadata; as in TF Serving, status ignores a label."""
    if address.verb == "status":
        _check_model(dataclasses.replace(address, label=None), model, options)
        return _status(model)
    _check_model(address, model, options)
    return _metadata(model, options)


def _check_model(address: Address, model: LoadedModel, options: ServerOptions) -> None:
    check_servable(model, options, name=address.name, version=address.version, label=address.label)


def _status(model: LoadedModel) -> dict[str, Any]:
    healthy = {"error_code": "OK", "error_message": ""}
    return {"model_version_status": [{"version": str(model.version), "state": "AVAILABLE", "status": healthy}]}


def _metadata(model: LoadedModel, options: ServerOptions) -> dict[str, Any]:
    return {
        "model_spec": {"name": options.name, "signature_name": "", "version": str(model.version)},
        "metadata": {"signature_def": {"signature_def": dict(model.metadata)}},
    }


def bind(host: str, port: int) -> socket.socket:
    """Bind a socket, so that an address in use is reported before the model is loaded. Port 0 takes any free one.

    Raises:
        OSError: If the address can't be bound.
    """
    listener: socket.socket | None = None
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(kind, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, UnicodeError) as error:
        if listener is not None:
            listener.close()
        raise OSError(f"The server can't have {host}:{port}, choose another --port or --host: {error}.") from None
    return listener


def make_server(app: ASGIApp) -> uvicorn.Server:
    """Wrap an application in a server that logs nothing, names itself, and ignores the environment."""
    headers = [("Server", SERVER_HEADER)]
    quiet: dict[str, Any] = {"log_config": None, "access_log": False, "server_header": False}
    alone: dict[str, Any] = {"workers": 1, "proxy_headers": False, "ws": "none", "lifespan": "off"}
    return uvicorn.Server(uvicorn.Config(app, headers=headers, http=PatientProtocol, **quiet, **alone))


def serve(app: ASGIApp, listener: socket.socket, *, on_exit: Callable[[], None] = lambda: None) -> int:
    """Serve until a signal arrives, then finish the open requests; a second Ctrl-C drops them.

    A computation whose deadline has passed may still run when this returns; it ends with the process.

    Args:
        app: The application.
        listener: A bound socket.
        on_exit: Called when a signal arrives, before the open requests are finished.

    Returns:
        The signal's number, or 0.
    """
    came: list[int] = []
    server = make_server(app)
    leave = server.handle_exit

    def handle_exit(number: int, frame: FrameType | None) -> None:
        """Say that the server ends, and let it."""
        on_exit()
        leave(number, frame)

    setattr(server, "handle_exit", handle_exit)  # noqa: B010 (a method; it is looked up when the server starts)
    restore = _catch(came.append)
    try:
        server.run(sockets=[listener])
    finally:
        restore()
    return came[0] if came else 0


def _catch(note: Callable[[int], None]) -> Callable[[], None]:
    """Record the signals that uvicorn raises again after its shutdown, instead of letting them end the process."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    before = {number: signal.signal(number, lambda n, _: note(n)) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        """Restore the earlier signal handlers."""
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore
