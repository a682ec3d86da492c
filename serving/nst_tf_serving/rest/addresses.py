"""URLs of TF Serving's REST API: parse a method and a request target.

As in TF Serving, a target is matched as sent, with its query: `/v1/models/nst?x=1` names a model `nst?x=1`.
"""

import re
import urllib.parse
from dataclasses import dataclass

from nst_tf_serving.rest.refusals import RequestError

METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
"""Known methods; all but the first two are malformed requests, any other method is not implemented."""

LARGEST_VERSION = 2**63 - 1

VERBS = ("classify", "regress", "predict")
"""Verbs of POST; as in TF Serving they must be lower case, while the rest of a URL is case-insensitive."""

_MODEL = r"/v1/models{}(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_POST = re.compile(_MODEL.format(r"/(?P<name>[^/:]+)") + rf":(?P<verb>{'|'.join(VERBS)})", re.I | re.A)
_GET = re.compile(_MODEL.format(r"(?:/(?P<name>[^/:]+))?") + r"(?:/(?P<verb>metadata))?", re.I | re.A)
_ANY = re.compile(r"/v1/.*", re.I | re.A)
_CHARACTERS = re.compile(r"(?:[a-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9a-f]{2})*", re.I | re.A)
_HOST = re.compile(r"https?://[^/?#]*", re.I | re.A)


@dataclass(frozen=True)
class Address:
    """A parsed URL: `predict`, `classify`, `regress`, `metadata` or `status`, and the model."""

    verb: str
    name: str
    version: int | None
    label: str | None


def parse_address(method: str, target: str) -> Address:
    """Parse the method and target of a request.

    Args:
        method: HTTP method.
        target: Request target, with its query, not decoded.

    Raises:
        RequestError: If TF Serving has no such URL.
    """
    if method not in METHODS:
        raise RequestError(f"Not implemented: the method {method[:20]}.", 501)
    if not _CHARACTERS.fullmatch(target):
        raise RequestError(f"Malformed request: {method} {ascii(target[:200])[1:-1]} is not an address.")
    path = _HOST.sub("", target, count=1) if _HOST.match(target) else target
    pattern = {"POST": _POST, "GET": _GET}.get(method)
    found = pattern.fullmatch(path) if pattern else None
    verb = str(found["verb"] or "status") if found else ""
    if found is None or (method == "POST" and verb not in VERBS):
        raise RequestError(
            f"Malformed request: {method} {ascii(path[:200])[1:-1]}; "
            "there are POST /v1/models/NAME:predict, GET /v1/models/NAME and GET /v1/models/NAME/metadata.",
            400 if _ANY.fullmatch(path) else 404,
        )
    if not found["name"]:
        raise RequestError("Missing model name in request: GET /v1/models/NAME.")
    asked = verb if verb in (*VERBS, "metadata") else "status"
    return Address(asked, urllib.parse.unquote(found["name"]), _version(found["version"]), found["label"])


def _version(digits: str | None) -> int | None:
    if digits is None:
        return None
    shown = digits.lstrip("0") or "0"
    if len(shown) > 19 or int(shown) > LARGEST_VERSION:
        raise RequestError(f"Failed to convert version: {shown[:30]} is more than 64 bits hold.")
    return int(shown)
