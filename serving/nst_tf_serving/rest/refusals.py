"""The error of a refused request."""


class RequestError(Exception):
    """A refused request: a message for the client, the HTTP status, and perhaps when to try again, in seconds."""

    def __init__(self, message: str, status: int = 400, *, retry_after: int | None = None) -> None:
        """Store what is answered."""
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after = retry_after
