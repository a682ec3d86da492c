"""The error of a refused request."""


class RequestError(Exception):
    """A refused request: a message for the client, and the HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Store the message and the status."""
        super().__init__(message)
        self.message = message
        self.status = status
