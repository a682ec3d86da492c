"""`nst-tf serve`: an exported model behind TF Serving's REST API and gRPC services."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from nst_tf.errors import sentence
from nst_tf_cli.options.job_options import Host, Jobs, Keep, Token, access_from, job_options, web_address
from nst_tf_cli.terminal.console import say
from nst_tf_cli.terminal.errors import INTERRUPTED, report_errors
from nst_tf_cli.terminal.extras import extra_serve, require_grpc
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_serving.jobs_api.options import KEEP_DAYS
from nst_tf_serving.server_options import DEADLINE, LARGEST_BODY_MIB, MODEL, ServerOptions

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from nst_tf_serving.jobs_api.access import Access
    from nst_tf_serving.jobs_api.options import JobOptions
    from nst_tf_serving.server.grpc_server import GrpcServer
    from nst_tf_serving.server.job_queue import JobQueue
    from nst_tf_serving.server.loaded_model import LoadedModel


@report_errors
def serve(
    folder: Annotated[Path, typer.Argument(help="What nst-tf export wrote: a folder of versions, or one of them.")],
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8501,
    grpc_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Answer gRPC, too, at this port; 0 takes any free one.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the model in addresses.")] = MODEL,
    threads: Annotated[int, typer.Option(min=1, help="Requests that are computed at a time.")] = ServerOptions.threads,
    queue: Annotated[int, typer.Option(min=0, help="Requests that may wait; more: 429.")] = ServerOptions.queue,
    deadline: Annotated[float, typer.Option(min=0.001, max=1e7, help="Seconds to an answer; then 504.")] = DEADLINE,
    max_body: Annotated[
        float, typer.Option(min=0.001, max=1e6, help="MiB of a request; larger: 413.")
    ] = LARGEST_BODY_MIB,
    jobs: Jobs = None,
    keep: Keep = KEEP_DAYS,
    token: Token = None,
) -> None:
    """Serve an exported model with TF Serving's protocols, to try it (needs the extra `serve`; `grpc` for gRPC).

    The page of nst-tf page is at / and its jobs at /v1/jobs; a token, if there is one, guards these, not the model.
    """
    options = ServerOptions(
        name=name, threads=threads, queue=queue, deadline=deadline, largest_body=int(max_body * 2**20)
    )
    if grpc_port and grpc_port == port:
        raise ValueError(f"--port and --grpc-port must differ; got {port} twice.")
    if grpc_port is not None:
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its errors are reported in one line
        require_grpc()
    with extra_serve():
        from nst_tf_serving.server import app as server
    from nst_tf_serving.model_versions import find_version
    from nst_tf_serving.server.job_queue import JobQueue
    from nst_tf_serving.server.loaded_model import load_model

    _, path = find_version(folder)
    access = access_from(host, token)
    listener = server.bind(host, port)
    start_tensorflow()
    model, workers = load_model(folder), JobQueue(options.threads, options.queue)
    rpc = None if grpc_port is None else _grpc_server(model, options, workers)
    grpc_port = rpc.listen(host, grpc_port or 0) if rpc else None
    app = server.make_app(model, options, workers)
    with _with_jobs(app, job_options(jobs, keep), access) as (site, close_jobs):
        listener.listen()
        number = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        say(f"Serving {path} at http://{shown}:{number}/v1/models/{options.name}", err=False)
        if rpc:
            rpc.start()
            say(f"gRPC at {shown}:{grpc_port}", err=False)
        say("This speaks TF Serving's protocols, for trying and testing; it is not TF Serving.", err=True)
        if site is not app:
            say(f"A page to paint with is at {web_address(host, number, access.token)}", err=True)

        def end() -> None:
            """End what goes on beside the answers of REST."""
            close_jobs()
            if rpc:
                rpc.stop(options.deadline)

        received = server.serve(site, listener, on_exit=end)
        if rpc:
            rpc.wait()
    _leave(INTERRUPTED if received == signal.SIGINT else 0)


def _grpc_server(model: "LoadedModel", options: ServerOptions, workers: "JobQueue") -> "GrpcServer":
    from nst_tf_serving.server.grpc_server import make_grpc_server
    from nst_tf_serving.server.grpc_service import GrpcService

    return make_grpc_server(GrpcService(model=model, options=options, workers=workers))


@contextmanager
def _with_jobs(
    model: "ASGIApp", options: "JobOptions", access: "Access"
) -> "Iterator[tuple[ASGIApp, Callable[[], None]]]":
    """Provide the application with jobs and the page, and what ends them; the model alone if the folder is in use."""
    from nst_tf_serving.jobs_api.board import JobBoard
    from nst_tf_serving.jobs_api.painter import Painter
    from nst_tf_serving.jobs_api.site import make_site

    board = JobBoard(options)
    with ExitStack() as stack:
        try:
            stack.enter_context(board.store.claimed())
        except OSError as error:
            say(f"Warning: there are no jobs and no page here: {sentence(error)}", err=True)
            yield model, lambda: None
            return
        board.load()
        stack.enter_context(Painter(board).running(warm=False))
        yield make_site(board, access, model=model), board.close


def _leave(code: int) -> NoReturn:
    """End the process at once: an abandoned computation can't be stopped otherwise."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
