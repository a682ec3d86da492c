"""Packages that only some commands need, which the user may not have installed."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from nst_tf_cli.terminal.console import FAILED
from nst_tf_cli.terminal.errors import fail

EXTRAS = {
    "export": ("tensorflow_serving",),
    "plot": ("matplotlib",),
    "serve": ("starlette", "uvicorn", "httpx", "python_multipart"),
    "grpc": ("grpc", "grpc_health", "tensorflow_serving"),
}
"""Modules of each extra."""


@contextmanager
def extra_serve() -> Iterator[None]:
    """Say in one line how to install the extra `serve` if an import inside fails without it."""
    with extra("serve"):
        yield


def require_grpc() -> None:
    """Say in one line how to install the extra `grpc` if it is missing; TensorFlow is not imported."""
    with extra("grpc"):
        for module in EXTRAS["grpc"]:
            importlib.import_module(module)


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Say in one line how to install an extra if an import inside fails without it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in EXTRAS[name]:
            raise
        fail(f"This needs {error.name}; install it: pip install 'nst-tf[{name}]'", FAILED)
