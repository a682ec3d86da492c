"""Addresses of the jobs, and what they answer; `openapi` describes the same."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from nst_tf_serving.jobs_api.access import Access, guarded
from nst_tf_serving.jobs_api.board import JobBoard
from nst_tf_serving.jobs_api.openapi import description
from nst_tf_serving.jobs_api.page_files import page_routes
from nst_tf_serving.jobs_api.records import ENDED, State
from nst_tf_serving.jobs_api.responses import describe, describe_whole, disposition, events
from nst_tf_serving.jobs_api.store import BEFORE, IDENTIFIER, PREVIEW, RESULT
from nst_tf_serving.jobs_api.uploads import received
from nst_tf_serving.rest.refusals import RequestError

JOBS = "/v1/jobs"

Answer = Callable[[Request], Awaitable[Response]]


def make_site(board: JobBoard, access: Access, *, model: ASGIApp | None = None) -> ASGIApp:
    """Build the ASGI application: jobs, their description and the page.

    Args:
        board: The jobs.
        access: Who may ask.
        model: Answers everything else, as a served model does; None for an error.
    """
    routes = [*job_routes(board), *page_routes()]
    handlers = {RequestError: _refused, HTTPException: _refused_by_starlette, Exception: _failed}
    starlette = Starlette(routes=routes, exception_handlers=handlers)  # type: ignore[arg-type]
    starlette.router.redirect_slashes = False
    own = guarded(starlette, access)

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        mine = model is None or is_own(scope["path"])
        await (own if mine or model is None else model)(scope, receive, send)

    return site


def is_own(path: str) -> bool:
    """Tell whether a path is one of jobs or of the page, not of a served model."""
    return path in ("/", "/openapi.json", JOBS) or path.startswith((f"{JOBS}/", "/page/"))


def job_routes(board: JobBoard) -> list[Route]:
    """Return the routes of jobs, and of their description."""
    one = f"{JOBS}/{{id}}"
    described = description(board.options)

    async def openapi(_: Request) -> Response:
        """Describe the interface."""
        return JSONResponse(described)

    async def submit(request: Request) -> Response:
        """Take a new job."""
        address = request.client.host if request.client else ""
        board.check_room(address, None)
        async with received(request, board.options) as submission:
            record = await asyncio.to_thread(board.submit, submission, address)
        return JSONResponse(describe_whole(record, board), 202, {"Location": f"{JOBS}/{record.id}"})

    async def every(_: Request) -> Response:
        """List all jobs."""
        return JSONResponse({"jobs": [describe(record, board) for record in board.all()]})

    async def get(request: Request) -> Response:
        """Tell how a job stands."""
        return JSONResponse(describe_whole(board.get(_id(request)), board))

    async def delete(request: Request) -> Response:
        """Cancel a job, or remove it."""
        record = await asyncio.to_thread(board.cancel, _id(request))
        return Response(status_code=204) if record is None else JSONResponse(describe_whole(record, board), 202)

    async def watch(request: Request) -> Response:
        """Send a job whenever it changes."""
        identifier = board.get(_id(request)).id
        stream = events(identifier, board, lambda: board.closed)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def preview(request: Request) -> Response:
        """Send the picture as it is."""
        return await _file(board.store.file(board.get(_id(request)).id, PREVIEW), "image/jpeg", "preview")

    async def photograph(request: Request) -> Response:
        """Send the photograph as a browser shows it."""
        return await _file(board.store.file(board.get(_id(request)).id, BEFORE), "image/jpeg", "photograph")

    async def result(request: Request) -> Response:
        """Send the painting."""
        record = board.get(_id(request))
        if record.state not in ENDED or record.state is State.FAILED:
            raise RequestError(f"The job has no result; it is {record.state.value}.", 409)
        response = await _file(board.store.file(record.id, RESULT), "image/png", "result")
        response.headers["Content-Disposition"] = disposition(record)
        return response

    return [
        Route("/openapi.json", openapi),
        Route(JOBS, _by_method(GET=every, POST=submit), methods=["GET", "POST"]),
        Route(one, _by_method(GET=get, DELETE=delete), methods=["GET", "DELETE"]),
        *(
            Route(f"{one}/{name}", answer)
            for name, answer in (
                ("events", watch),
                ("preview", preview),
                ("photograph", photograph),
                ("result", result),
            )
        ),
    ]


def _by_method(**answers: Answer) -> Answer:
    async def answer(request: Request) -> Response:
        """Answer by the method."""
        return await answers["GET" if request.method == "HEAD" else request.method](request)

    return answer


def _id(request: Request) -> str:
    identifier: str = request.path_params["id"]
    if not IDENTIFIER.fullmatch(identifier):
        raise RequestError("A job's id is 16 hexadecimal digits.", 404)
    return identifier


async def _file(path: Path, kind: str, what: str) -> Response:
    try:
        return Response(await asyncio.to_thread(path.read_bytes), media_type=kind)
    except OSError:
        raise RequestError(f"The job has no {what} yet.", 404) from None


async def _refused(_: Request, error: RequestError) -> Response:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.status in (408, 413):
        headers["Connection"] = "close"  # what is still sent is not read
    return JSONResponse({"error": error.message}, error.status, headers)


async def _refused_by_starlette(_: Request, error: HTTPException) -> Response:
    message = {404: "There is nothing at this address.", 405: "This address has other methods."}
    return JSONResponse({"error": message.get(error.status_code, error.detail)}, error.status_code, error.headers)


async def _failed(_: Request, error: Exception) -> Response:
    logging.getLogger(__name__).error("A request failed", exc_info=error)
    return JSONResponse({"error": f"The server failed: {type(error).__name__}."}, 500)
