"""What server, client and command line agree on, and every default of theirs, once. Imports nothing slow."""

import math
import re
from dataclasses import dataclass

MODEL = "nst"
"""Name of the model in addresses."""

DEADLINE = 600.0
"""Seconds that a server takes for an answer, and a client waits for one."""

LARGEST_BODY_MIB = 64.0
"""Size of a request, packed and unpacked."""


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """What a server takes: its model's name, threads, requests that may wait, seconds per answer, bytes per body."""

    name: str = MODEL
    threads: int = 1
    queue: int = 8
    deadline: float = DEADLINE
    largest_body: int = int(LARGEST_BODY_MIB * 2**20)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^/:\s]+", self.name):
            raise ValueError(f"A model's name must be one word without / and :; got {self.name!r}.")
        if not (self.threads >= 1 and self.queue >= 0 and 0 < self.deadline < math.inf and self.largest_body >= 1):
            raise ValueError(f"A server needs a thread, a queue of 0 or more, a deadline and a body; got {self}.")
