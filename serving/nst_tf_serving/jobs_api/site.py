"""The whole site as an ASGI application: jobs, their description, the page, and perhaps a served model beside them."""

import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nst_tf_serving.jobs_api.access import Access, guarded
from nst_tf_serving.jobs_api.board import JobBoard
from nst_tf_serving.jobs_api.page_files import FILES, page_routes
from nst_tf_serving.jobs_api.routes import DESCRIPTION, JOBS, job_routes
from nst_tf_serving.rest.refusals import RequestError

MESSAGES = {404: "There is nothing at this address.", 405: "This address has other methods."}


def make_site(board: JobBoard, access: Access, *, model: ASGIApp | None = None) -> ASGIApp:
    """Build the ASGI application.

    Args:
        board: The jobs.
        access: Who may ask for them.
        model: Answers everything else, as a served model does; None for an error.
    """
    handlers = {RequestError: _refused, HTTPException: _refused_by_starlette, Exception: _failed}
    starlette = Starlette(
        routes=[*job_routes(), *page_routes()],
        exception_handlers=handlers,  # type: ignore[arg-type]  # each takes the exception that it is for
    )
    starlette.router.redirect_slashes = False
    starlette.state.board = board
    own = guarded(starlette, access)

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on to the model."""
        app = own if model is None or is_own(scope["path"]) else model
        await app(scope, receive, send)

    return site


def is_own(path: str) -> bool:
    """Tell whether a path is one of jobs or of the page, not of a served model."""
    return path in ("/", DESCRIPTION, JOBS) or path.startswith((f"{JOBS}/", FILES))


async def _refused(_: Request, error: RequestError) -> Response:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.status in (408, 413):
        headers["Connection"] = "close"  # what is still sent is not read
    return JSONResponse({"error": error.message}, error.status, headers)


async def _refused_by_starlette(_: Request, error: HTTPException) -> Response:
    message = MESSAGES.get(error.status_code, error.detail)
    return JSONResponse({"error": message}, error.status_code, error.headers)


async def _failed(_: Request, error: Exception) -> Response:
    logging.getLogger(__name__).error("A request failed", exc_info=error)
    return JSONResponse({"error": f"The server failed: {type(error).__name__}."}, 500)
