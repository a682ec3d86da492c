"""How a client reaches a served model: one interface for REST and gRPC.

A client asks for one painting at a time, so that values here are plain scalars; a transport adds the axis of the batch,
which every input and output of the model's signatures has. Nothing here imports TensorFlow or NumPy.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

Value = bytes | str | int | float
"""One element of an input or an output; text goes there as bytes in UTF-8."""


class Signature(NamedTuple):
    """A signature of a model.

    Attributes:
        inputs: Name to the name of a TensorFlow type, such as `DT_STRING`.
        defaults: Name to default, of those inputs that have one.
    """

    inputs: Mapping[str, str]
    defaults: Mapping[str, Value]


Signatures = Mapping[str, Signature]
"""Name to signature."""


class Description(NamedTuple):
    """What a server says of a model.

    Attributes:
        signatures: Its signatures; none if the server does not tell.
        version: Its version; empty if the server does not tell.
    """

    signatures: Signatures = MappingProxyType({})
    version: str = ""


class Outputs(dict[str, Value]):
    """A row of a model's outputs, name to value.

    Attributes:
        run_seconds: How long the model ran, without the time in a queue; None if the server does not tell, as TF
            Serving, which has no queue.
    """

    def __init__(self, values: Mapping[str, Value], timing: str = "") -> None:
        """Take the outputs, and what the server says of its time in the form of the header `Server-Timing`."""
        super().__init__(values)
        found = re.search(r"\brun;dur=(\d+(?:\.\d+)?)", timing)
        self.run_seconds = float(found[1]) / 1000 if found else None


TOO_LARGE = 413
"""Status of a request that is larger than a server, a proxy or the client lets through."""

TOO_SLOW = 504
"""Status of an answer that took longer than a server, a proxy or the client waits."""


class ServerError(RuntimeError):
    """A failed request: a message, and the HTTP status if the server answered.

    A transport other than REST gives the status that TF Serving's REST interface has for its own code: 429
    RESOURCE_EXHAUSTED, 503 UNAVAILABLE, 504 DEADLINE_EXCEEDED, 400 INVALID_ARGUMENT. Without an answer there is none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        """Store the message and the status."""
        super().__init__(message)
        self.status = status


class Transport(Protocol):
    """A way to one server and the model on it."""

    def predict(self, signature: str, inputs: Mapping[str, Value]) -> Outputs:
        """Run a signature on one row of inputs, and return its row of outputs: bytes for strings, or numbers.

        Raises:
            ServerError: If the server can't be reached, takes too long, refuses, or answers something else.
        """

    def describe(self) -> Description:
        """Return what the server says of the model.

        Raises:
            ServerError: As `predict` does.
        """
