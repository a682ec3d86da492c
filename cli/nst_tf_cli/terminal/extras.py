"""Packages that only some commands need, which the user may not have installed."""

from collections.abc import Iterator
from contextlib import contextmanager

from nst_tf_cli.terminal.console import FAILED
from nst_tf_cli.terminal.errors import fail

EXTRA = ("starlette", "uvicorn", "httpx", "python_multipart")
"""Packages of the extra `serve`."""


@contextmanager
def extra_serve() -> Iterator[None]:
    """Say in one line how to install the extra `serve` if an import inside fails without it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in EXTRA:
            raise
        fail(f"This needs {error.name}; install it: pip install 'nst-tf[serve]'", FAILED)
