"""Limits of an exported model, so that no single request takes a server down. Imports no TensorFlow."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits written into the exported graph, which refuses a larger request before it does any work.

    Attributes:
        pictures: Paintings per request.
        steps: Steps at the result's size.
        pixels: Pixels of a painting, and of the resized style; each takes about 2 kB of memory.
        input_pixels: Pixels of an encoded input picture; each takes up to 60 bytes while it is decoded.
        input_bytes: Bytes of an encoded input picture.
    """

    pictures: int = 16
    steps: int = 1000
    pixels: int = 2**21
    input_pixels: int = 2**24
    input_bytes: int = 20 * 2**20

    def __post_init__(self) -> None:
        """Refuse limits below 1."""
        for limit in fields(self):
            value = getattr(self, limit.name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 2**31 - 1:
                raise ValueError(f"The limit {limit.name} must be a whole number of at least 1; got {value!r}.")
