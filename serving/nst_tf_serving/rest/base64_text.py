"""Base64 as TF Serving decodes it, with Abseil, which is in some ways more lenient than Python."""

import base64
import binascii


def decode_base64(text: str) -> bytes:
    """Decode the standard alphabet.

    ASCII whitespace is allowed anywhere. Padding is complete or absent, and may use dots instead of equals signs.
    Surplus bits of the last character are ignored. The URL-safe alphabet, with - and _, is refused.

    Raises:
        ValueError: If the text is not such base64.
    """
    try:
        packed = b"".join(text.encode("ascii").split())  # bytes.split() splits at ASCII whitespace only
    except UnicodeEncodeError:
        raise ValueError("it holds characters beyond ASCII") from None
    data = packed.rstrip(b"=.")
    given, due = len(packed) - len(data), -len(data) % 4
    if due == 3:
        raise ValueError("its last character stands alone")
    if given not in (0, due):
        raise ValueError(f"it must end in {due} padding characters or none; got {given}")
    try:
        return base64.b64decode(data + b"=" * due, validate=True)
    except binascii.Error:
        raise ValueError("only A-Z, a-z, 0-9, + and / may stand in it, and padding at its end") from None
