"""Parse a request's JSON as TF Serving does: with RapidJSON 1.1, whose only flag set is that for NaN and Infinity.

So a byte order mark is skipped, a zero byte ends the document, bytes in strings need not be UTF-8, the first of
duplicate keys counts, and integers beyond 64 bits become floats. Comments, trailing commas and numbers too large for a
double are errors. Python's own decoder does the work; where it differs, the text is changed before or a hook is used.
"""

import json
import math
import re
from typing import Any

from nst_tf_serving.rest.refusals import RequestError

LEAST_WHOLE, MOST_WHOLE = -(2**63), 2**64 - 1
"""Range of the numbers that stay integers."""

MOST_DIGITS = 310
"""Most digits of an integer, with its sign; a longer one is beyond a double."""

LARGEST_EXPONENT = 308
"""Largest exponent of ten, not counting decimals: 9e308 is infinite, 1e309 is an error."""

_MARK = (b"\xef", b"\xbb", b"\xbf")
_END = re.compile(r"[ \t\n\r]*(?:\0|\Z)")
_LITERALS = re.compile(r'"|\\.|-NaN|Inf(?!inity)', re.DOTALL)
_AS_PYTHON = {"-NaN": "NaN", "Inf": "Infinity"}
_SURROGATES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}(?P<pair>\\u[dD][c-fC-F][0-9a-fA-F]{2})?|u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class Repeated(dict[str, Any]):
    """An object with duplicate keys; it holds each key's first value."""


def read_document(body: bytes) -> Any:
    """Parse JSON.

    Returns:
        Its value; strings may hold lone surrogates, which `to_bytes` converts back.

    Raises:
        RequestError: If TF Serving would not accept it as JSON.
    """
    for byte in _MARK:
        body = body.removeprefix(byte)
    try:
        text = _known_literals(_only_pairs(body).decode("utf-8", "surrogateescape"))
        if _END.match(text):
            raise ValueError("the document is empty")
        start = len(text) - len(text.lstrip(" \t\n\r"))
        value, end = _DECODER.raw_decode(text, start)
        if not _END.match(text, end):
            raise ValueError(f"more follows its end at character {end}")
    except RecursionError:
        raise RequestError("The request's JSON is nested too deeply; send tensors of few dimensions.") from None
    except (ValueError, OverflowError) as error:
        raise RequestError(f"The request's body must be JSON; it can't be read: {error}.") from None
    return value


def to_bytes(text: str) -> bytes:
    """Return the original bytes of a parsed string."""
    return text.encode("utf-8", "surrogateescape")


def _only_pairs(body: bytes) -> bytes:
    """Encode lone low surrogates in three bytes, as RapidJSON does; a lone high one is an error."""
    return _SURROGATES.sub(_written_out, body) if b"\\ud" in body or b"\\uD" in body else body


def _written_out(found: re.Match[bytes]) -> bytes:
    if found["low"]:
        return chr(int(found["low"], 16)).encode("utf-8", "surrogatepass")
    if found[0][1:2] == b"u" and not found["pair"]:
        raise ValueError(f"{found[0].decode()} is half a character")
    return found[0]


def _known_literals(text: str) -> str:
    """Replace `-NaN` and `Inf` outside strings, which RapidJSON accepts, with Python's spelling."""
    if "Inf" not in text and "-NaN" not in text:
        return text
    quoted = False

    def known(found: re.Match[str]) -> str:
        """Replace a literal outside strings."""
        nonlocal quoted
        quoted ^= found[0] == '"'
        return found[0] if quoted else _AS_PYTHON.get(found[0], found[0])

    return _LITERALS.sub(known, text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    return Repeated(reversed(pairs))


def _whole(digits: str) -> int | float:
    if len(digits) <= MOST_DIGITS:
        value = int(digits)
        return value if LEAST_WHOLE <= value <= MOST_WHOLE else float(value)
    raise ValueError(f"{digits[:40]}... is too large a number")


def _real(text: str) -> float:
    value = float(text)
    if value and math.isfinite(value):
        return value
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    if float(exponent or 0) > LARGEST_EXPONENT + decimals or (math.isinf(value) and not exponent):
        raise ValueError(f"{text[:40]} is too large a number")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole, parse_float=_real)
