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

LOOK_SECONDS = 5.0
"""Seconds to wait for an answer of what may be a page that runs already."""


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
    try:
        listener = server.bind(host, port)
    except OSError:
        running = web_address(host, port, token)
        if jobs is not None or not _is_page(running, token):
            raise
        say(f"The page is at {running} already; another one needs --port and --jobs of its own.", err=False)
        if browser:
            webbrowser.open(running)
        return
    with listener, board.store.claimed():
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


def _is_page(address: str, token: str | None) -> bool:
    """Tell whether a server with this page answers at an address."""
    import httpx

    from nst_tf_serving.jobs_api.openapi import TITLE

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = httpx.URL(address).copy_with(raw_path=b"/openapi.json")
    try:
        answer = httpx.get(url, headers=headers, timeout=LOOK_SECONDS, trust_env=False)
        return bool(answer.json()["info"]["title"] == TITLE)
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False
