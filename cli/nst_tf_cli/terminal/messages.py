"""Warnings of the library and of Python, each shown once, in one line."""

import contextlib
import functools
import logging
import warnings
from collections.abc import Iterator

from nst_tf_cli.terminal.console import say


@contextlib.contextmanager
def show_warnings(*, quiet: bool) -> Iterator[list[str]]:
    """Show each warning once, in one line; if quiet, show none, from any depth.

    Yields:
        The warnings so far; if quiet, without those that are logged.
    """
    given: list[str] = []

    def show(text: str, *, prefix: str = "") -> bool:
        """Show a message once; return whether others need to."""
        if text not in given:
            given.append(text)
            if not quiet:
                say(f"{prefix}{text}", err=True)
        return False  # nobody else needs to show it

    with contextlib.ExitStack() as stack:
        warn = functools.partial(show, prefix="Warning: ")
        stack.enter_context(_changed(warnings, showwarning=lambda message, *_, **__: warn(str(message))))
        stack.enter_context(_changed(logging.root.manager, disable=logging.WARNING if quiet else logging.NOTSET))
        handler = logging.Handler(logging.WARNING)
        handler.addFilter(lambda record: show(record.getMessage()))
        for name in ("nst_tf", "nst_tf_cli"):
            logging.getLogger(name).addHandler(handler)
            stack.callback(logging.getLogger(name).removeHandler, handler)
        logging.getLogger("PIL").setLevel(logging.CRITICAL)  # of damaged files the one line tells enough
        yield given


@contextlib.contextmanager
def _changed(owner: object, **attributes: object) -> Iterator[None]:
    """Give an object other attributes for a while."""
    before = {name: getattr(owner, name) for name in attributes}
    for name, value in attributes.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)
