"""`nst-tf serve`: an exported model behind TF Serving's REST API and gRPC services."""

import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from nst_tf_cli.terminal.console import say
from nst_tf_cli.terminal.errors import INTERRUPTED, report_errors
from nst_tf_cli.terminal.extras import extra_serve, require_grpc
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_serving.server_options import DEADLINE, LARGEST_BODY_MIB, MODEL, ServerOptions

if TYPE_CHECKING:
    from nst_tf_serving.server.grpc_server import GrpcServer
    from nst_tf_serving.server.job_queue import JobQueue
    from nst_tf_serving.server.loaded_model import LoadedModel


@report_errors
def serve(
    folder: Annotated[Path, typer.Argument(help="What nst-tf export wrote: a folder of versions, or one of them.")],
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
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
) -> None:
    """Serve an exported model with TF Serving's protocols, to try it (needs the extra `serve`; `grpc` for gRPC)."""
    options = ServerOptions(
        name=name, threads=threads, queue=queue, deadline=deadline, largest_body=int(max_body * 2**20)
    )
    if grpc_port and grpc_port == port:
        raise ValueError(f"--port and --grpc-port must differ; got {port} twice.")
    if grpc_port is not None:
        require_grpc()
    with extra_serve():
        from nst_tf_serving.server import app as server
    from nst_tf_serving.model_versions import find_version
    from nst_tf_serving.server.job_queue import JobQueue
    from nst_tf_serving.server.loaded_model import load_model

    _, path = find_version(folder)
    listener = server.bind(host, port)
    start_tensorflow()
    model, workers = load_model(folder), JobQueue(options.threads, options.queue)
    rpc = None if grpc_port is None else _grpc_server(model, options, workers)
    grpc_port = rpc.listen(host, grpc_port or 0) if rpc else None
    app = server.make_app(model, options, workers)
    listener.listen()
    shown = f"[{host}]" if ":" in host else host
    say(f"Serving {path} at http://{shown}:{listener.getsockname()[1]}/v1/models/{options.name}", err=False)
    if rpc:
        rpc.start()
        say(f"gRPC at {shown}:{grpc_port}", err=False)
    say("This speaks TF Serving's protocols, for trying and testing; it is not TF Serving.", err=True)
    received = server.serve(app, listener, on_exit=partial(rpc.stop, options.deadline) if rpc else lambda: None)
    if rpc:
        rpc.wait()
    _leave(INTERRUPTED if received == signal.SIGINT else 0)


def _grpc_server(model: "LoadedModel", options: ServerOptions, workers: "JobQueue") -> "GrpcServer":
    from nst_tf_serving.server.grpc_server import make_grpc_server
    from nst_tf_serving.server.grpc_service import GrpcService

    return make_grpc_server(GrpcService(model=model, options=options, workers=workers))


def _leave(code: int) -> NoReturn:
    """End the process at once: an abandoned computation can't be stopped otherwise."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
