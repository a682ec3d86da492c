"""Who may ask: programs on this machine, people with the token, and no page of another site.

A server that listens to this machine alone answers only to its own names, so that no other site's name can be pointed
at it (DNS rebinding). Any other server wants a token. Pages of other sites are refused by what browsers say of them.
"""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nst_tf_serving.rest.refusals import RequestError

COOKIE = "nst-tf-token"

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy: everything comes from this server; pictures also from the page itself."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every response; a response may have a Cache-Control of its own."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may ask.

    Attributes:
        token: Secret that every request must have, as a bearer token or a cookie; None to want none.
        local: Whether only this machine is listened to, so that only its names are answered to.
    """

    token: str | None = None
    local: bool = True

    def __post_init__(self) -> None:
        """Refuse to be open to everyone."""
        if not self.local and not self.token:
            raise ValueError("A server that other machines can reach needs a token.")
        if self.token is not None and not (self.token.isascii() and self.token.isalnum()):
            raise ValueError("A token must be ASCII letters and digits.")


def is_local(host: str) -> bool:
    """Tell whether an address to listen at is one that other machines can't reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def guarded(app: ASGIApp, access: Access) -> ASGIApp:
    """Let an application answer only whom it should, and give all responses the headers of a careful server."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        request, careful = Request(scope), _with_headers(send)
        try:
            check(request, access)
            answer: ASGIApp = _signed_in(request, access) or app
        except RequestError as error:
            answer = JSONResponse({"error": error.message}, error.status)
        await answer(scope, receive, careful)

    return guard


def check(request: Request, access: Access) -> None:
    """Refuse a request that comes by another name, from another site, or without the token.

    Raises:
        RequestError: 421, 403 or 401.
    """
    host = request.headers.get("host", "")
    if access.local and _name_of(host) not in LOCAL_NAMES:
        raise RequestError(f"This server answers to {', '.join(LOCAL_NAMES)} only.", 421)
    _check_site(request.method, request.url.path, request.headers, host)
    if access.token and not _has_token(request, access.token):
        raise RequestError("A token is needed: open the address that the server printed, or send it as a bearer.", 401)


def _check_site(method: str, path: str, headers: Mapping[str, str], host: str) -> None:
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    opened = method == "GET" and path == "/" and headers.get("sec-fetch-mode") == "navigate"
    if origin is not None and urlsplit(origin).netloc != host:
        raise RequestError("Requests of pages from other sites are refused.", 403)
    if site not in ("same-origin", "none") and not opened:
        raise RequestError("Requests of pages from other sites are refused.", 403)


def _name_of(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _has_token(request: Request, token: str) -> bool:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    bearer = sent.strip() if scheme.lower() == "bearer" else ""
    offered = (bearer, request.cookies.get(COOKIE, ""), request.query_params.get("token", ""))
    return any(hmac.compare_digest(each.encode(), token.encode()) for each in offered)


def _signed_in(request: Request, access: Access) -> Response | None:
    """Turn a token in the page's address into a cookie, so that it is seen and kept nowhere else."""
    if not access.token or "token" not in request.query_params or request.url.path != "/":
        return None
    response = RedirectResponse("/", 303)
    response.set_cookie(COOKIE, access.token, httponly=True, samesite="strict", max_age=30 * 86_400)
    return response


def _with_headers(send: Send) -> Send:
    async def careful(message: Message) -> None:
        """Send a message; add headers to the first of a response."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return careful
