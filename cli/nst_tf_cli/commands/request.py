"""`nst-tf request`: two files to a server, a painting back."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from nst_tf_cli.options.command_text import shell_command
from nst_tf_cli.options.common import Overwrite, Quiet
from nst_tf_cli.options.request_options import with_request_settings
from nst_tf_cli.terminal.console import FAILED, printable, say
from nst_tf_cli.terminal.errors import BAD_INPUT, INTERRUPTED, fail, option_name, report_errors
from nst_tf_cli.terminal.extras import extra_serve, require_grpc
from nst_tf_cli.terminal.progress_bar import show_progress
from nst_tf_cli.terminal.request_display import KeptRun, save_painting
from nst_tf_cli.terminal.signals import ignore_signals
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_serving.server_options import DEADLINE, MODEL

if TYPE_CHECKING:
    from nst_tf_serving.client.slices import RequestProgress, ServedPainting

REFUSED_INPUT = (400, 413)
"""Statuses that say that the request was wrong, not the server."""

PREVIEW = 512
"""Longer side in pixels of the pictures that are kept on the way."""

Ask = Callable[..., "ServedPainting"]


@report_errors
@with_request_settings
def request(
    url: Annotated[
        str,
        typer.Argument(
            help="The server, as in http://localhost:8501 or grpc://localhost:8500; or several with commas between."
        ),
    ],
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
    timeout: Annotated[float, typer.Option(min=0.001, max=1e7, help="Seconds to wait for an answer.")] = DEADLINE,
    single: Annotated[bool, typer.Option("--single", help="Paint in one call, without progress.")] = False,
    save_every: Annotated[
        int | None, typer.Option(min=1, help=f"Also save the picture every N steps: .jpg, at most {PREVIEW} px.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Go on from the file that an interrupted request left, with the same pictures.")
    ] = None,
) -> None:
    """Have a server paint: TF Serving or nst-tf serve (needs the extra `serve`, or `grpc` for gRPC).

    Settings that are not given are those with which the model was exported.
    """
    from nst_tf_serving.client.painting import all_settings, request_painting
    from nst_tf_serving.client.slices import SliceOptions
    from nst_tf_serving.client.tls import Tls

    url = _addresses(url, grpc=grpc)
    tls = Tls(ca=ca, certificate=cert, key=key)
    _require_packages(url)
    from nst_tf.images.writing import check_output

    painting = _style(style, style_name)
    output = output or Path(f"{content.stem}-{style.stem if style else style_name}.png")
    if output.suffix.lower() != ".png":
        raise ValueError(f"The server sends PNG, so the result's name must end in .png; got {output.name!r}.")
    if single and (save_every or state):
        raise ValueError("--single paints in one call, without --save-every and --state; leave one of them out.")
    if state and settings:
        names = ", ".join(map(option_name, settings))
        raise ValueError(f"--state goes on with the settings with which the request began; leave out {names}.")
    if state and not state.stat().st_size:
        raise ValueError(f"{state} is empty, so no painting goes on from it; leave out --state to begin again.")
    check_output(output, overwrite=overwrite)
    all_settings(settings)
    sent = painting.read_bytes() if isinstance(painting, Path) else painting
    ask = functools.partial(
        request_painting, url, content.read_bytes(), sent, settings=settings, model=model, timeout=timeout, tls=tls
    )
    if single:
        served = _in_one_call(ask)
    else:
        kept = KeptRun(output, every=save_every, state=state, overwrite=overwrite)
        options = SliceOptions(preview=PREVIEW, every=save_every, state=state.read_bytes() if state else b"")
        words = ["request", url, content, *([style] if style else ["--style-name", style_name]), "-o", output]
        words += [*(["--model", model] if model != MODEL else []), *_given(ca=ca, cert=cert, key=key)]
        words += ["--overwrite"] if overwrite else []
        again = functools.partial(_going_on, words)
        served = _in_slices(functools.partial(ask, slices=options), kept, again, quiet=quiet)
    try:
        save_painting(served.png, output, overwrite=overwrite)
    except RuntimeError as error:
        fail(printable(str(error)), FAILED)
    if not single:
        kept.finish()
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


def _given(**files: Path | None) -> list[str]:
    """Return the options for files that are given."""
    return [word for name, file in files.items() if file for word in (f"--{name}", str(file))]


def _style(path: Path | None, name: str | None) -> Path | str:
    """Return the one of the two that is given."""
    if (path is None) == (name is None):
        raise ValueError("Give either a painting or --style-name, the name of one in the model.")
    return path or str(name)


def _going_on(words: list[Any], state: Path) -> str:
    return shell_command([*words, "--state", state])


def _in_one_call(ask: Ask) -> "ServedPainting":
    from nst_tf_serving.client.transport import ServerError

    try:
        return ask(slices=None)
    except ServerError as error:
        fail(str(error), _code(error.status))


def _in_slices(ask: Ask, kept: KeptRun, again: Callable[[Path], str], *, quiet: bool) -> "ServedPainting":
    """Paint in slices; whatever ends that early, keep the last picture and the state."""
    from nst_tf_serving.client.transport import ServerError

    try:
        with show_progress(quiet=quiet) as show:

            def note(progress: "RequestProgress") -> None:
                """Keep what is to be kept, and show the progress."""
                kept.note(progress)
                show(progress)

            served = ask(on_progress=note)
    except ServerError as error:
        _break_off(str(error), kept, again, _code(error.status))
    except KeyboardInterrupt:
        _break_off("Interrupted.", kept, again, INTERRUPTED)
    except SystemExit as end:  # SIGTERM, a closed terminal
        _break_off("Interrupted.", kept, again, int(end.code or FAILED))
    if not (kept.saw_slices or quiet):
        say("This model does not paint in slices, so there was no progress to show.", err=True)
    return served


def _break_off(reason: str, kept: KeptRun, again: Callable[[Path], str], code: int) -> NoReturn:
    ignore_signals()
    fail(printable(f"{reason} {kept.keep(again)}".strip()), code)


def _code(status: int | None) -> int:
    return BAD_INPUT if status in REFUSED_INPUT else FAILED
