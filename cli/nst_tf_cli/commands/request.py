"""`nst-tf request`: two files to a server, a painting back."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.storage.atomic_files import atomic_write
from nst_tf_cli.options.common import Overwrite, Quiet
from nst_tf_cli.options.request_options import with_request_settings
from nst_tf_cli.terminal.console import FAILED, say
from nst_tf_cli.terminal.errors import BAD_INPUT, fail, report_errors
from nst_tf_cli.terminal.extras import extra_serve
from nst_tf_serving.server_options import DEADLINE, MODEL

REFUSED_INPUT = (400, 413)
"""Statuses that say that the request was wrong, not the server."""


@report_errors
@with_request_settings
def request(
    url: Annotated[str, typer.Argument(help="The server, as in http://localhost:8501.")],
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    style: Annotated[Path, typer.Argument(help="The painting.")],
    *,
    settings: dict[str, float | str],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Result: .png.")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    model: Annotated[str, typer.Option(help="Name under which the model is served.")] = MODEL,
    timeout: Annotated[float, typer.Option(min=0.001, max=1e7, help="Seconds to wait for the painting.")] = DEADLINE,
) -> None:
    """Have a server paint: TF Serving or nst-tf serve (needs the extra `serve`)."""
    with extra_serve():
        from nst_tf_serving.client.rest import ServerError, all_settings, request_painting
    from nst_tf.images.writing import check_output

    output = output or Path(f"{content.stem}-{style.stem}.png")
    if output.suffix.lower() != ".png":
        raise ValueError(f"The server sends PNG, so the result's name must end in .png; got {output.name!r}.")
    check_output(output, overwrite=overwrite)
    all_settings(settings)
    photograph, painting = content.read_bytes(), style.read_bytes()
    try:
        served = request_painting(url, photograph, painting, settings=settings, model=model, timeout=timeout)
    except ServerError as error:
        fail(str(error), BAD_INPUT if error.status in REFUSED_INPUT else FAILED)
    with atomic_write(output, overwrite=overwrite) as stream:
        stream.write(served.png)
    if not quiet:
        if served.loss is not None:
            say(f"loss {served.loss:.4g}", err=True)
        say(str(output), err=False)
