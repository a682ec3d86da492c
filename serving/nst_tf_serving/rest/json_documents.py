"""A request's JSON, read as TF Serving reads it: by RapidJSON 1.1, with its flag for NaN and Infinity and no other.

So a byte order mark is skipped, a zero byte ends the document, bytes in strings need not be UTF-8, of a key that comes
twice the first counts, and whole numbers beyond 64 bits are real ones. Comments, trailing commas and numbers too large
for a double are errors. Python's own reader does the work; what it does otherwise is put right before or in its hooks.
"""

import json
import math
import re
from typing import Any

from nst_tf_serving.rest.refusals import RequestError

LEAST_WHOLE, MOST_WHOLE = -(2**63), 2**64 - 1
"""Whole numbers that stay whole."""

MOST_DIGITS = 310
"""Digits of a whole number, with its sign, at most; one of more is beyond a double."""

LARGEST_EXPONENT = 308
"""Exponent of ten that a number may name, without its decimals; so 9e308 is infinite, and 1e309 an error."""

_MARK = (b"\xef", b"\xbb", b"\xbf")
_END = re.compile(r"[ \t\n\r]*(?:\0|\Z)")
_LITERALS = re.compile(r'"|\\.|-NaN|Inf(?!inity)', re.DOTALL)
_AS_PYTHON = {"-NaN": "NaN", "Inf": "Infinity"}
_SURROGATES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}(?P<pair>\\u[dD][c-fC-F][0-9a-fA-F]{2})?|u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class Repeated(dict[str, Any]):
    """An object in which a key comes more than once; it holds each key's first value."""


def read_document(body: bytes) -> Any:
    """Read JSON.

    Returns:
        What it says; text in strings may hold lone surrogates, which `to_bytes` turns back.

    Raises:
        RequestError: If it is not JSON, as TF Serving understands it.
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
    """Return the bytes of a string that was read."""
    return text.encode("utf-8", "surrogateescape")


def _only_pairs(body: bytes) -> bytes:
    """Write out lone low surrogates in three bytes, as RapidJSON does; a lone high one is an error."""
    return _SURROGATES.sub(_written_out, body) if b"\\ud" in body or b"\\uD" in body else body


def _written_out(found: re.Match[bytes]) -> bytes:
    if found["low"]:
        return chr(int(found["low"], 16)).encode("utf-8", "surrogatepass")
    if found[0][1:2] == b"u" and not found["pair"]:
        raise ValueError(f"{found[0].decode()} is half a character")
    return found[0]


def _known_literals(text: str) -> str:
    """Write `-NaN` and `Inf`, which RapidJSON takes outside strings, as Python does."""
    if "Inf" not in text and "-NaN" not in text:
        return text
    quoted = False

    def known(found: re.Match[str]) -> str:
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
