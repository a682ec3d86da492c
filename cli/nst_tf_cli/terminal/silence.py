"""Say what is going on when nothing has been heard for a while."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nst_tf_cli.terminal.console import say

SILENCE_SECONDS = 5.0
"""Seconds of silence after which it is explained."""


@contextmanager
def explain_silence(message: str, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Print a message if some seconds pass without a sign of life.

    Args:
        message: Says what takes so long.
        quiet: Whether to print nothing.

    Yields:
        A function that is called at a sign of life.
    """
    timer = threading.Timer(SILENCE_SECONDS, say, [message], {"err": True})
    timer.daemon = True
    if not quiet:
        timer.start()
    try:
        yield timer.cancel
    finally:
        timer.cancel()
