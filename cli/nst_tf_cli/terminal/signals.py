"""Signals that ask a run to end: it ends after the current step, so that what it has done can be saved."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from nst_tf_cli.terminal.errors import say

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Ctrl-C, the end of a service or a machine, a terminal that is closed."""

PATIENCE = 1.0
"""Seconds after which another Ctrl-C is a wish of its own, not a double tap."""


@contextmanager
def stop_on_signal(told: str) -> Iterator[Callable[[], int]]:
    """Turn a signal into a flag, and tell what that means; a second Ctrl-C, later than a double tap, is one again.

    A signal that is ignored already, as by `nohup`, stays so.

    Args:
        told: What to say when the first one comes.

    Yields:
        A function that returns the number of the first signal, 0 as long as none has come.
    """
    came: list[tuple[int, float]] = []

    def note(number: int, _: object) -> None:
        if came and number == signal.SIGINT and time.monotonic() - came[0][1] > PATIENCE:
            raise KeyboardInterrupt
        if not came:
            came.append((number, time.monotonic()))
            say(told, err=True)

    heard = [each for each in SIGNALS if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, note) for each in heard}
    try:
        yield lambda: came[0][0] if came else 0
    finally:
        for each, handler in before.items():
            signal.signal(each, signal.SIG_IGN if came else handler)  # a double tap may come late


@contextmanager
def cleaned_up() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end the process as an exception does, so that what is temporary is removed.

    Where something else is to happen at a signal, or it is ignored, that stays so.
    """
    main = threading.current_thread() is threading.main_thread()
    ends = [each for each in SIGNALS if main and signal.getsignal(each) == signal.SIG_DFL]

    def end(number: int, _: object) -> NoReturn:
        raise SystemExit(exit_code(number))

    for each in ends:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in ends:
            if signal.getsignal(each) is end:
                signal.signal(each, signal.SIG_DFL)


def ignore_signals() -> None:
    """Let nobody interrupt what comes now."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def exit_code(number: int) -> int:
    """Return what a shell expects of a program that a signal has ended: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + number
