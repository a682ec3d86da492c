"""`nst-tf request`: two files to a server, a painting back."""

import functools
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nst_tf_cli.options.command_text import given_words, shell_command
from nst_tf_cli.options.common import Overwrite, Quiet
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.request_options import with_request_settings
from nst_tf_cli.terminal.console import FAILED, printable, say
from nst_tf_cli.terminal.errors import BAD_INPUT, INTERRUPTED, fail, option_name
from nst_tf_cli.terminal.extras import extra_serve, require_grpc
from nst_tf_cli.terminal.progress_bar import show_progress
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.request_display import KeptRun, save_painting
from nst_tf_cli.terminal.request_report import (
    Interrupted,
    report_interruption,
    report_painting,
    summary,
    with_metadata,
)
from nst_tf_cli.terminal.signals import ignore_signals, interruptible
from nst_tf_cli.terminal.silence import explain_silence
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_serving.server_options import DEADLINE, MODEL

if TYPE_CHECKING:
    from nst_tf_serving.client.slices import RequestProgress, ServedPainting

REFUSED_INPUT = (400, 413)
"""Statuses that say that the request was wrong, not the server."""

PREVIEW = 512
"""Longer side in pixels of the pictures that are kept on the way."""

IN_ONE_CALL = "Waiting for the server: it paints in one call, so there is no progress to show."

COMPILING = "Waiting for the server: it compiles the first painting of a size, and others may be ahead."

Ask = Callable[..., "ServedPainting"]


@reported
@with_request_settings
def request(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Argument(
            help="The server, as in localhost:8501, https://example.com or grpc://localhost:8500; or several with "
            "commas between."
        ),
    ],
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    style: Annotated[Path | None, typer.Argument(help="The painting.")] = None,
    *,
    settings: dict[str, float | str],
    style_name: Annotated[
        str | None, typer.Option(help="A style that was put into the model, instead of a painting.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Result: .png; by default CONTENT-STYLE.png.")
    ] = None,
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
) -> Report:
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
    _check_together(single=single, save_every=save_every, state=state, settings=settings)
    check_output(output, overwrite=overwrite)
    all_settings(settings)
    pictures = content.read_bytes(), painting.read_bytes() if isinstance(painting, Path) else painting
    ask = functools.partial(
        request_painting, url, *pictures, settings=settings, model=model, timeout=timeout, tls=tls, slices=None
    )
    begun, kept = time.monotonic(), None
    if not single:
        kept = KeptRun(output, every=save_every, state=state, overwrite=overwrite)
        options = SliceOptions(preview=PREVIEW, every=save_every, state=state.read_bytes() if state else b"")
        ask = functools.partial(ask, slices=options)
    again = functools.partial(_going_on, given_words(context, but=("state", *settings)))
    try:
        served = _painted(ask, kept, again, quiet=quiet)
    except Interrupted as end:
        return report_interruption(end.kept, again, code=end.code)
    try:
        save_painting(with_metadata(served, pictures, model), output, overwrite=overwrite)
    except (RuntimeError, ValueError) as error:
        fail(printable(str(error)), FAILED)
    if kept:
        kept.finish()
    seconds = time.monotonic() - begun
    if not quiet:
        say(summary(served, seconds), err=True)
    return report_painting(served, kept, path=output, model=model, seconds=seconds)


def _check_together(
    *, single: bool, save_every: int | None, state: Path | None, settings: Mapping[str, float | str]
) -> None:
    """Refuse options that exclude each other, and a state that is none."""
    if single and (save_every or state):
        raise ValueError("--single paints in one call, without --save-every and --state; leave one of them out.")
    if state and settings:
        names = ", ".join(map(option_name, settings))
        raise ValueError(f"--state goes on with the settings with which the request began; leave out {names}.")
    if state and not state.stat().st_size:
        raise ValueError(f"{state} is empty, so no painting goes on from it; leave out --state to begin again.")


def _addresses(url: str, *, grpc: bool) -> str:
    """Return the servers' addresses with their schemes."""
    from nst_tf_serving.client.connection import with_scheme

    addresses = [each.strip() for each in url.split(",")]
    if not grpc:
        return ",".join(map(with_scheme, addresses))
    if "http://" in url or "https://" in url:
        raise ValueError(f"--grpc wants a server like localhost:8500 or grpcs://localhost:8500; got {url!r}.")
    return ",".join(each if "://" in each else f"grpc://{each}" for each in addresses)


def _require_packages(url: str) -> None:
    """Import what the way to the servers needs; for gRPC that is TensorFlow, too."""
    from nst_tf_serving.client.connection import scheme_of

    schemes = {scheme_of(each) for each in url.split(",")}
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


def _going_on(words: Sequence[Any], state: Path) -> str:
    return shell_command(["request", *words, "--state", state])


def _painted(ask: Ask, kept: KeptRun | None, again: Callable[[Path], str], *, quiet: bool) -> "ServedPainting":
    """Have the server paint; whatever ends that early, keep the last picture and the state of slices.

    Raises:
        Interrupted: If a signal has ended a painting in slices.
    """
    from nst_tf_serving.client.transport import ServerError

    try:
        with interruptible():
            return _in_one_call(ask, quiet=quiet) if kept is None else _in_slices(ask, kept, quiet=quiet)
    except ServerError as error:
        ignore_signals()
        code = BAD_INPUT if error.status in REFUSED_INPUT else FAILED
        fail(printable(f"{error} {kept.keep(again) if kept else ''}".strip()), code)
    except (KeyboardInterrupt, SystemExit) as end:  # SystemExit: SIGTERM, a closed terminal
        if kept is None:
            raise
        raise Interrupted(kept, code=int(end.code or FAILED) if isinstance(end, SystemExit) else INTERRUPTED) from None


def _in_one_call(ask: Ask, *, quiet: bool) -> "ServedPainting":
    with explain_silence(IN_ONE_CALL, quiet=quiet):
        return ask()


def _in_slices(ask: Ask, kept: KeptRun, *, quiet: bool) -> "ServedPainting":
    with show_progress(quiet=quiet) as show, explain_silence(COMPILING, quiet=quiet) as heard:

        def note(progress: "RequestProgress") -> None:
            """Keep what is to be kept, and show the progress."""
            heard()
            kept.note(progress)
            show(progress)

        served = ask(on_progress=note)
    if not (kept.last or quiet):
        say("This model does not paint in slices, so there was no progress to show.", err=True)
    return served
