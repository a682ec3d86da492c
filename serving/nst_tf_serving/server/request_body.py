"""Read the body of a request, up to the same limit compressed and uncompressed."""

import zlib

from starlette.requests import ClientDisconnect, Request

from nst_tf_serving.rest.refusals import RequestError

_GZIP = 16 + zlib.MAX_WBITS


async def read_body(request: Request, largest: int) -> bytes:
    """Read a request's body, gzip or plain.

    As in TF Serving, a body is gzip if its Content-Encoding contains `gzip`; under any other it is taken as it is.

    Args:
        request: The request.
        largest: Bytes of the body, compressed and uncompressed.

    Raises:
        RequestError: If the body is too large or broken, or if an Expect header is anything but `100-continue`.
    """
    body = bytearray()
    _check_headers(request, largest)
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > largest:
                raise _too_large(largest)
    except ClientDisconnect:
        raise RequestError("The client went away before its request was complete.", 499) from None
    packed = "gzip" in request.headers.get("content-encoding", "")
    return _unpack(bytes(body), largest) if packed else bytes(body)


def _check_headers(request: Request, largest: int) -> None:
    expected, version = request.headers.get("expect"), request.scope["http_version"]
    announced = request.headers.get("content-length", "0")
    has_body = announced.strip("0") or "transfer-encoding" in request.headers
    if expected is not None and version != "1.0" and has_body and expected.lower() != "100-continue":
        raise RequestError(f"Expect must be 100-continue or absent; got {expected[:40]}.", 417)
    if announced.isdigit() and int(announced) > largest:
        raise _too_large(largest)


def _unpack(body: bytes, largest: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacker.decompress(body, largest + 1)
    except zlib.error as error:
        raise RequestError(f"The request's body is not valid gzip: {error}.") from None
    if len(unpacked) > largest:
        raise _too_large(largest)
    if not unpacker.eof or unpacker.unused_data:
        raise RequestError("The request's body must be one whole gzip stream; it is cut off, or more follows.")
    return unpacked


def _too_large(largest: int) -> RequestError:
    return RequestError(f"A request's body may have {largest:,} bytes at most; send smaller pictures.", 413)
