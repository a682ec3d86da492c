"""The page's own files, which lie in this package; there are no others, whatever an address says."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nst_tf_serving.rest.refusals import RequestError

PAGE = Path(__file__).parent / "page"
INDEX = "index.html"

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
}


def page_routes() -> list[Route]:
    """Return the routes of the page."""
    files = {path.relative_to(PAGE).as_posix(): path for path in PAGE.rglob("*") if path.suffix in KINDS}

    async def index(_: Request) -> Response:
        """Send the page."""
        return _answer(files[INDEX])

    async def file(request: Request) -> Response:
        """Send one of its files."""
        name: str = request.path_params["name"]
        if name not in files:
            raise RequestError("There is nothing at this address.", 404)
        return _answer(files[name])

    return [Route("/", index), Route("/page/{name:path}", file)]


def _answer(path: Path) -> Response:
    return Response(path.read_bytes(), media_type=KINDS[path.suffix], headers={"Cache-Control": "no-cache"})
