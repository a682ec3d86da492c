"""How long a run still takes. Imports no TensorFlow."""

from nst_tf.scales.plan import Size


class TimeLeft:
    """Estimates the time that a run still takes from the pace at the size that is being painted."""

    def __init__(self) -> None:
        """Begin without a pace."""
        self._size: Size | None = None
        self._seconds = self._share = 0.0
        self._pace: float | None = None

    def estimate(self, size: Size, seconds: float, share: float) -> float | None:
        """Return the seconds left; None before two steps at a size, as the first compiles.

        Args:
            size: The size being painted.
            seconds: Time since the run began.
            share: Share of the work that is done.
        """
        if size != self._size:
            self._size, self._seconds, self._share = size, seconds, share
        elif share > self._share:
            self._pace = (seconds - self._seconds) / (share - self._share)
        return None if self._pace is None else self._pace * (1 - share)
