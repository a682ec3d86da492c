"""Defaults shared by the server, the client and the command line. Imports nothing slow."""

import math
import re
from dataclasses import dataclass

MODEL = "nst"
"""Name of the model in URLs."""

DEADLINE = 600.0
"""Seconds after which a server gives up on a request, and a client on the answer."""

LARGEST_BODY_MIB = 256.0
"""Largest body of a request, compressed and not: two pictures and the state of a run, at the default limits."""


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """Options of a server.

    Attributes:
        name: Name of the model in URLs.
        threads: Requests that run at once.
        queue: New requests that may wait, and as many slices of paintings that have begun.
        deadline: Seconds per request.
        largest_body: Bytes of a request's body, compressed and uncompressed.
    """

    name: str = MODEL
    threads: int = 1
    queue: int = 8
    deadline: float = DEADLINE
    largest_body: int = int(LARGEST_BODY_MIB * 2**20)

    def __post_init__(self) -> None:
        """Refuse options that a server can't run with."""
        if not re.fullmatch(r"[^/:\s]+", self.name):
            raise ValueError(f"A model's name must be one word without / and :; got {self.name!r}.")
        if not (self.threads >= 1 and self.queue >= 0 and 0 < self.deadline < math.inf and self.largest_body >= 1):
            raise ValueError(f"A server needs a thread, a queue of 0 or more, a deadline and a body; got {self}.")
