"""Base64 as TF Serving takes it: with Abseil's decoder, which is more lenient than Python's in some ways."""

import base64
import binascii


def decode_base64(text: str) -> bytes:
    """Decode the standard alphabet.

    White space of ASCII may lie anywhere. The padding is whole or absent, and a dot may stand for its equals sign. Bits
    that the last character has too many are not looked at. The alphabet for addresses, with - and _, is none.

    Raises:
        ValueError: If it is something else.
    """
    try:
        packed = b"".join(text.encode("ascii").split())  # of bytes, this splits at ASCII's white space alone
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
