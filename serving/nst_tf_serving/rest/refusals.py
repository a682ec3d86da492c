"""The one error of a request that can't be answered."""


class RequestError(Exception):
    """A request that can't be answered: a sentence for the client, and HTTP's status."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Keep the sentence and the status."""
        super().__init__(message)
        self.message = message
        self.status = status
