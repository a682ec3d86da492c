"""A model on this machine's network address: what `nst-tf serve` does."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from nst_tf_cli.terminal.errors import FAILED, INTERRUPTED, fail, say
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_serving.server_options import ServerOptions

EXTRA = ("starlette", "uvicorn", "httpx")
"""Packages of the extra `serve`."""


@contextmanager
def extra_serve() -> Iterator[None]:
    """Say in one line how to get the extra `serve` if an import inside needs it in vain."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in EXTRA:
            raise
        fail(f"This needs {error.name}; install it: pip install 'nst-tf[serve]'", FAILED)


def serve(folder: Path, host: str, port: int, options: ServerOptions) -> NoReturn:
    """Load an exported model and answer requests until SIGTERM (exit code 0) or Ctrl-C (130)."""
    with extra_serve():
        from nst_tf_serving.server import app as server
    from nst_tf_serving.model_versions import find_version
    from nst_tf_serving.server.loaded_model import load_model

    _, path = find_version(folder)
    listener = server.bind(host, port)
    start_tensorflow()
    model = load_model(folder)
    app = server.make_app(model, options)
    listener.listen()
    number = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    say(f"Serving {path} at http://{shown}:{number}/v1/models/{options.name}", err=False)
    say("This speaks TF Serving's REST protocol, for trying and testing; it is not TF Serving.", err=True)
    came = server.serve(app, listener)
    _leave(INTERRUPTED if came == signal.SIGINT else 0)


def _leave(code: int) -> NoReturn:
    """End the process at once: a computation that nobody waits for any more can't be stopped in another way."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
