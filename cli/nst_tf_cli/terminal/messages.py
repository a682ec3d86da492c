"""Warnings of the library and of Python, each shown once, in one line."""

import contextlib
import logging
import warnings
from collections.abc import Iterator

from nst_tf_cli.terminal.console import say


@contextlib.contextmanager
def show_warnings(*, quiet: bool) -> Iterator[None]:
    """Show each warning once, in one line; if quiet, show none, from any depth."""
    shown: set[str] = set()

    def show(text: str) -> bool:
        """Show a message once; return whether others need to."""
        if text not in shown and not quiet:
            shown.add(text)
            say(text, err=True)
        return False  # nobody else needs to show it

    with contextlib.ExitStack() as stack:
        stack.enter_context(_changed(warnings, showwarning=lambda message, *_, **__: show(f"Warning: {message}")))
        stack.enter_context(_changed(logging.root.manager, disable=logging.WARNING if quiet else logging.NOTSET))
        handler = logging.Handler(logging.WARNING)
        handler.addFilter(lambda record: show(record.getMessage()))
        for name in ("nst_tf", "nst_tf_cli"):
            logging.getLogger(name).addHandler(handler)
            stack.callback(logging.getLogger(name).removeHandler, handler)
        logging.getLogger("PIL").setLevel(logging.CRITICAL)  # of damaged files the one line tells enough
        yield


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
