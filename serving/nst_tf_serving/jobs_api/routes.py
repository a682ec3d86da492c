"""Addresses of the jobs, and what they answer; `openapi` describes the same."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from nst_tf_serving.jobs_api.board import JobBoard
from nst_tf_serving.jobs_api.openapi import description
from nst_tf_serving.jobs_api.records import ENDED, JobRecord, State
from nst_tf_serving.jobs_api.responses import describe, describe_whole, disposition, events
from nst_tf_serving.jobs_api.store import BEFORE, IDENTIFIER, PREVIEW, RESULT
from nst_tf_serving.jobs_api.uploads import received
from nst_tf_serving.rest.refusals import RequestError

JOBS = "/v1/jobs"
DESCRIPTION = "/openapi.json"

Answer = Callable[[Request], Awaitable[Response]]


def job_routes() -> list[Route]:
    """Return the routes of jobs and of their description; the application's state holds the `board`."""
    one = f"{JOBS}/{{id}}"
    parts = {"events": watch, "preview": preview, "photograph": photograph, "result": result}
    return [
        Route(DESCRIPTION, describe_all),
        Route(JOBS, _by_method(GET=list_jobs, POST=submit), methods=["GET", "POST"]),
        Route(one, _by_method(GET=get, DELETE=delete), methods=["GET", "DELETE"]),
        Route(f"{one}/retry", retry, methods=["POST"]),
        *(Route(f"{one}/{part}", answer) for part, answer in parts.items()),
    ]


async def describe_all(request: Request) -> Response:
    """Describe all addresses."""
    return JSONResponse(description(_board(request).options))


async def submit(request: Request) -> Response:
    """Take a new job."""
    board, address = _board(request), request.client.host if request.client else ""
    board.check_room(address, None)
    async with received(request, board.options) as submission:
        record = await asyncio.to_thread(board.submit, submission, address)
    return JSONResponse(describe_whole(record, board), 202, {"Location": f"{JOBS}/{record.id}"})


async def list_jobs(request: Request) -> Response:
    """List all jobs."""
    board = _board(request)
    return JSONResponse({"jobs": [describe(record, board) for record in board.all()]})


async def get(request: Request) -> Response:
    """Tell how a job stands."""
    return JSONResponse(describe_whole(_record(request), _board(request)))


async def delete(request: Request) -> Response:
    """Cancel a job, or remove one that has ended."""
    board = _board(request)
    record = await asyncio.to_thread(board.cancel, _record(request).id)
    return Response(status_code=204) if record is None else JSONResponse(describe_whole(record, board), 202)


async def retry(request: Request) -> Response:
    """Let a job that has failed wait again."""
    board = _board(request)
    record = await asyncio.to_thread(board.retry, _record(request).id)
    return JSONResponse(describe_whole(record, board), 202)


async def watch(request: Request) -> Response:
    """Send a job whenever it changes."""
    board = _board(request)
    stream = events(_record(request).id, board, lambda: board.closed)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def preview(request: Request) -> Response:
    """Send the picture as it is being painted."""
    return await _file(_path(request, PREVIEW), "image/jpeg", "preview")


async def photograph(request: Request) -> Response:
    """Send the photograph as a browser shows it."""
    return await _file(_path(request, BEFORE), "image/jpeg", "photograph")


async def result(request: Request) -> Response:
    """Send the painting."""
    record = _record(request)
    if record.state not in ENDED or record.state is State.FAILED:
        raise RequestError(f"The job has no result; it is {record.state.value}.", 409)
    response = await _file(_path(request, RESULT), "image/png", "result")
    response.headers["Content-Disposition"] = disposition(record)
    return response


def _by_method(**answers: Answer) -> Answer:
    async def answer(request: Request) -> Response:
        """Answer by the method."""
        return await answers["GET" if request.method == "HEAD" else request.method](request)

    return answer


def _board(request: Request) -> JobBoard:
    board: JobBoard = request.app.state.board
    return board


def _record(request: Request) -> JobRecord:
    identifier: str = request.path_params["id"]
    if not IDENTIFIER.fullmatch(identifier):
        raise RequestError("A job's id is 16 hexadecimal digits.", 404)
    return _board(request).get(identifier)


def _path(request: Request, name: str) -> Path:
    return _board(request).store.file(_record(request).id, name)


async def _file(path: Path, kind: str, what: str) -> Response:
    try:
        return Response(await asyncio.to_thread(path.read_bytes), media_type=kind)
    except OSError:
        raise RequestError(f"The job has no {what} yet.", 404) from None
