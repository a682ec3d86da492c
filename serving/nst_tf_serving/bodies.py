"""The body of a request: read up to a limit, unpacked up to the same limit."""

import zlib

from starlette.requests import ClientDisconnect, Request

from nst_tf_serving.tensors import RequestError

_GZIP = 16 + zlib.MAX_WBITS


async def read_body(request: Request, largest: int) -> bytes:
    """Read a request's body, gzip or plain.

    Args:
        request: The request.
        largest: Bytes of the body, packed and unpacked.

    Raises:
        RequestError: If it is too large, broken, or packed in another way.
    """
    body = bytearray()
    _check_announced(request, largest)
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > largest:
                raise _too_large(largest)
    except ClientDisconnect:
        raise RequestError("The client went away before its request was complete.", 499) from None
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        return bytes(body)
    if encoding != "gzip":
        raise RequestError(f"Content-Encoding must be gzip or absent; got {encoding[:40]}.", 415)
    return _unpack(bytes(body), largest)


def _check_announced(request: Request, largest: int) -> None:
    announced = request.headers.get("content-length", "0")
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
