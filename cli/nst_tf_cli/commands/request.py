"""`nst-tf request`: two files to a server, a painting back."""

import os
from pathlib import Path
from typing import Annotated

import typer

from nst_tf.storage.atomic_files import atomic_write
from nst_tf_cli.options.common import Overwrite, Quiet
from nst_tf_cli.options.request_options import with_request_settings
from nst_tf_cli.terminal.console import FAILED, say
from nst_tf_cli.terminal.errors import BAD_INPUT, fail, report_errors
from nst_tf_cli.terminal.extras import extra_serve, require_grpc
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_serving.server_options import DEADLINE, MODEL

REFUSED_INPUT = (400, 413)
"""Statuses that say that the request was wrong, not the server."""


@report_errors
@with_request_settings
def request(
    url: Annotated[str, typer.Argument(help="The server, as in http://localhost:8501 or grpc://localhost:8500.")],
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    style: Annotated[Path | None, typer.Argument(help="The painting.")] = None,
    *,
    settings: dict[str, float | str],
    style_name: Annotated[
        str | None, typer.Option(help="A style that was put into the model, instead of a painting.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Result: .png.")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    grpc: Annotated[bool, typer.Option("--grpc", help="Use gRPC; the server may then be given as HOST:PORT.")] = False,
    ca: Annotated[Path | None, typer.Option(help="Certificates to trust, PEM, for https:// and grpcs://.")] = None,
    cert: Annotated[Path | None, typer.Option(help="Certificate to show to the server, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Key of that certificate, if in a file of its own.")] = None,
    model: Annotated[str, typer.Option(help="Name under which the model is served.")] = MODEL,
    timeout: Annotated[float, typer.Option(min=0.001, max=1e7, help="Seconds to wait for the painting.")] = DEADLINE,
) -> None:
    """Have a server paint: TF Serving or nst-tf serve (needs the extra `serve`, or `grpc` for gRPC)."""
    from nst_tf_serving.client.painting import all_settings, request_painting
    from nst_tf_serving.client.tls import Tls
    from nst_tf_serving.client.transport import ServerError

    url = _addresses(url, grpc=grpc)
    tls = Tls(ca=ca, certificate=cert, key=key)
    _require_packages(url)
    from nst_tf.images.writing import check_output

    painting = _style(style, style_name)
    output = output or Path(f"{content.stem}-{style.stem if style else style_name}.png")
    if output.suffix.lower() != ".png":
        raise ValueError(f"The server sends PNG, so the result's name must end in .png; got {output.name!r}.")
    check_output(output, overwrite=overwrite)
    all_settings(settings)
    sent = painting.read_bytes() if isinstance(painting, Path) else painting
    try:
        served = request_painting(
            url, content.read_bytes(), sent, settings=settings, model=model, timeout=timeout, tls=tls
        )
    except ServerError as error:
        fail(str(error), BAD_INPUT if error.status in REFUSED_INPUT else FAILED)
    with atomic_write(output, overwrite=overwrite) as stream:
        stream.write(served.png)
    if not quiet:
        if served.loss is not None:
            say(f"loss {served.loss:.4g}", err=True)
        say(str(output), err=False)


def _addresses(url: str, *, grpc: bool) -> str:
    """Return the servers' addresses with their schemes."""
    if not grpc:
        return url
    if "http://" in url or "https://" in url:
        raise ValueError(f"--grpc wants a server like localhost:8500 or grpcs://localhost:8500; got {url!r}.")
    return ",".join(each if "://" in each else f"grpc://{each.strip()}" for each in url.split(","))


def _require_packages(url: str) -> None:
    """Import what the way to the servers needs; for gRPC that is TensorFlow, too."""
    from nst_tf_serving.client.connection import scheme_of

    schemes = {scheme_of(each.strip()) for each in url.split(",")}
    if schemes & {"http", "https"}:
        with extra_serve():
            import nst_tf_serving.client.rest  # noqa: F401
    if schemes & {"grpc", "grpcs"}:
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its errors are reported in one line
        require_grpc()
        start_tensorflow()


def _style(path: Path | None, name: str | None) -> Path | str:
    """Return the one of the two that is given."""
    if (path is None) == (name is None):
        raise ValueError("Give either a painting or --style-name, the name of one in the model.")
    return path or str(name)
