"""Signals that end a run after its current step, so that its work can be saved."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from nst_tf_cli.terminal.console import say

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Ctrl-C, the end of a service or a machine, a terminal that is closed."""

STOPPING = "Stopping after this step and saving the picture; Ctrl-C again quits without saving."
"""What is said when the first signal arrives."""

PATIENCE = 1.0
"""Seconds after which another Ctrl-C counts as a second one, not as a double tap."""


@contextmanager
def stop_on_signal(message: str) -> Iterator[Callable[[], int]]:
    """Turn the first signal into a flag; a second Ctrl-C, later than a double tap, interrupts as usual.

    A signal that is ignored already, as by `nohup`, stays ignored.

    Args:
        message: Printed when the first signal arrives.

    Yields:
        A function that returns the number of the first signal, 0 as long as none has arrived.
    """
    received: list[tuple[int, float]] = []

    def note(number: int, _: object) -> None:
        """Take the first signal; raise at a second Ctrl-C."""
        if received and number == signal.SIGINT and time.monotonic() - received[0][1] > PATIENCE:
            raise KeyboardInterrupt
        if not received:
            received.append((number, time.monotonic()))
            say(message, err=True)

    handled = [each for each in SIGNALS if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, note) for each in handled}
    try:
        yield lambda: received[0][0] if received else 0
    finally:
        for each, handler in before.items():
            signal.signal(each, signal.SIG_IGN if received else handler)  # a double tap may come late


@contextmanager
def cleaned_up() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception, so that temporary files are removed.

    A signal that is handled or ignored already stays so.
    """
    main = threading.current_thread() is threading.main_thread()
    ends = [each for each in SIGNALS if main and signal.getsignal(each) == signal.SIG_DFL]

    def end(number: int, _: object) -> NoReturn:
        """End the process as an exception does."""
        raise SystemExit(exit_code(number))

    for each in ends:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in ends:
            if signal.getsignal(each) is end:
                signal.signal(each, signal.SIG_DFL)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt, also where a shell has it ignored, as in the background of a script."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)


def ignore_signals() -> None:
    """Ignore all signals that ask for an end, for the rest of the process."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def exit_code(number: int) -> int:
    """Return the exit code of a program that a signal has ended: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + number
