"""What a caller may want to handle by name."""


class MissingWeightsError(OSError):
    """Weights that should be there are not to be had, or are damaged; the message says why and what to do."""
