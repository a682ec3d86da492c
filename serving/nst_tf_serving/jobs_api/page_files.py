"""The page's own files, which lie in this package; there are no others, whatever an address says."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nst_tf.presets import PRESETS, preset
from nst_tf_serving.rest.refusals import RequestError

PAGE = Path(__file__).parent / "page"
INDEX = "index.html"

FILES = "/page/"
"""Beginning of the addresses of the page's files."""

SLIDERS = ("content_weight", "style_scale")
"""Settings that have a slider on the page."""

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

    async def defaults(_: Request) -> Response:
        """Tell what the page's sliders start from."""
        return JSONResponse({"presets": {name: _slider_defaults(name) for name in PRESETS}})

    return [Route("/", index), Route(f"{FILES}defaults.json", defaults), Route(f"{FILES}{{name:path}}", file)]


def _slider_defaults(name: str) -> dict[str, Any]:
    config = preset(name)
    return {slider: getattr(config, slider) for slider in SLIDERS}


def _answer(path: Path) -> Response:
    return Response(path.read_bytes(), media_type=KINDS[path.suffix], headers={"Cache-Control": "no-cache"})
