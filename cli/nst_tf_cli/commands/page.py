"""`nst-tf page`: paint in a browser."""

import signal
import webbrowser
from typing import Annotated

import typer

from nst_tf_cli.options.job_options import Host, Jobs, Keep, Token, access_from, job_options, web_address
from nst_tf_cli.terminal.console import say
from nst_tf_cli.terminal.errors import INTERRUPTED, report_errors
from nst_tf_cli.terminal.extras import extra_serve
from nst_tf_serving.jobs_api.options import KEEP_DAYS

PORT = 8600


@report_errors
def page(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = PORT,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    jobs: Jobs = None,
    keep: Keep = KEEP_DAYS,
    token: Token = None,
) -> None:
    """Paint in a browser: drop pictures, watch the painting, compare, download (needs the extra `serve`)."""
    with extra_serve():
        from nst_tf_serving.jobs_api.board import JobBoard
        from nst_tf_serving.jobs_api.painter import Painter
        from nst_tf_serving.jobs_api.site import make_site
        from nst_tf_serving.server import app as server

    options, access = job_options(jobs, keep), access_from(host, token)
    board = JobBoard(options)
    with server.bind(host, port) as listener, board.store.claimed():
        board.load()
        listener.listen()
        address = web_address(host, listener.getsockname()[1], access.token)
        say(f"The page is at {address}", err=False)
        say(f"Jobs are kept in {options.folder} for {keep:g} days. Ctrl-C ends the server.", err=True)
        with Painter(board).running(warm=True):
            if browser:
                webbrowser.open(address)
            received = server.serve(make_site(board, access), listener, on_exit=board.close)
    raise typer.Exit(INTERRUPTED if received == signal.SIGINT else 0)
