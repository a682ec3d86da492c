"""`nst-tf weights`: which network weights there are; get them, verify them, normalize them."""

from pathlib import Path
from typing import Annotated

import typer

from nst_tf.config import DEFAULT_SIZE, POOLINGS, WEIGHTS, StyleConfig
from nst_tf.errors import describe
from nst_tf_cli.options.common import Overwrite
from nst_tf_cli.options.completion import complete_words
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.terminal.console import FAILED, printable
from nst_tf_cli.terminal.errors import fail
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow

SOURCES = f"{', '.join(WEIGHTS)}, or a file."


@reported
def show() -> Report:
    """List the weights there are on this machine."""
    from nst_tf.weights import cache_folder

    states = {
        "imagenet": _full(),
        "imagenet-8bit": _eight_bit(),
        "builtin": "part of nst-tf, needs no download",
        "random": "made from --seed, for tests and teaching",
        "PATH": "any VGG-19 weights file: .h5, .weights.h5, .npz",
    }
    lines = [f"{name:13}  {state}" for name, state in states.items()]
    lines.append("auto takes imagenet if it is here or can be fetched, in 8 bits if need be, else builtin.")
    failure = cache_folder.remembered_failure()
    if failure:
        minutes, reason = failure
        lines.append(f"auto does not look for it within the hour; {minutes} minutes ago: {printable(reason)}")
    return Report(values={"weights": states, "failed_download": failure}, text="\n".join(lines), asked=True)


@reported
def fetch(
    source: Annotated[
        str,
        typer.Option("--from", help="keras (80 MB), index (18.5 MB, 8 bits), or auto: what is here, keras, index."),
    ] = "auto",
) -> Report:
    """Download ImageNet's weights, once for all runs, and verify them."""
    from nst_tf.errors import MissingWeightsError
    from nst_tf.weights import cache_folder, imagenet, keras_file
    from nst_tf.weights.downloads import EXPLICIT

    if source not in imagenet.SOURCES:
        raise ValueError(f"--from must be one of {', '.join(imagenet.SOURCES)}; got {source!r}.")
    try:
        weights = imagenet.load(EXPLICIT, source=source)
    except MissingWeightsError as error:
        fail(printable(describe(error)), FAILED)
    path = keras_file.cached_file() if weights.name == imagenet.FULL else cache_folder.filters_file()
    if not path.is_file():
        fail(f"ImageNet weights were downloaded, but can't be kept in {path.parent}; see NST_TF_CACHE.", FAILED)
    text = f"ImageNet weights ({weights.name}, sha256 {weights.sha256[:12]}) are in {path}."
    return Report(values={"path": str(path), "weights": weights.name, "sha256": weights.sha256}, text=text)


@reported
def check(
    source: Annotated[str, typer.Argument(help=SOURCES, autocompletion=complete_words(WEIGHTS))] = "auto",
) -> Report:
    """Load weights, verify them, and show their hash."""
    from nst_tf.weights.sources import load_weights

    weights = load_weights(source)
    layers = f"{len(weights.layers)} convolutions, {weights.layers[0]} to {weights.layers[-1]}"
    text = f"{weights.name}: {layers}\nsha256 of the filters: {weights.sha256}"
    values = {"weights": weights.name, "layers": [*weights.layers], "sha256": weights.sha256}
    return Report(values=values, text=text, asked=True)


@reported
def normalize(
    images: Annotated[list[Path], typer.Argument(help="Pictures to measure activations on; the more, the better.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Result: .npz, for --weights.")],
    *,
    weights: Annotated[str, typer.Option(help=SOURCES, autocompletion=complete_words(WEIGHTS))] = StyleConfig.weights,
    pooling: Annotated[
        str, typer.Option(metavar="|".join(POOLINGS), help="How to pool.", autocompletion=complete_words(POOLINGS))
    ] = StyleConfig.pooling,
    size: Annotated[int, typer.Option(min=16, help="Longer side to which larger pictures are reduced.")] = DEFAULT_SIZE,
    overwrite: Overwrite = False,
) -> Report:
    """Scale each filter to a mean activation of one, as the paper does."""
    import numpy as np

    from nst_tf.images.reading import load_picture
    from nst_tf.storage.atomic_files import atomic_write
    from nst_tf.storage.path_checks import check_writable

    if output.suffix.lower() != ".npz":
        raise ValueError(f"The weights' file must end in .npz; got {output.name!r}.")
    check_writable(output, "weights", overwrite=overwrite)
    pictures = [load_picture(path) for path in images]
    start_tensorflow()
    from nst_tf.network.activation_normalization import normalize_activations
    from nst_tf.scales.plan import reduced_size
    from nst_tf.scales.resizing import resized

    reduced = (resized(picture, reduced_size(picture.image.shape[1:3], size)) for picture in pictures)
    normalized = normalize_activations(weights, reduced, pooling=pooling)
    with atomic_write(output, overwrite=overwrite) as stream:
        np.savez(stream, **normalized.arrays)  # type: ignore[arg-type]
    values = {"path": str(output), "weights": normalized.name, "sha256": normalized.sha256}
    return Report(values=values, text=f"{output}  {normalized.name}, sha256 {normalized.sha256}")


def _full() -> str:
    from nst_tf.weights import keras_file

    path = keras_file.cached_file()
    try:
        here = keras_file.is_cached()
        return f"from Keras, {_size(path)}, md5 {keras_file.MD5[:12]}, in {path}" if here else _absent("keras")
    except OSError as error:
        return printable(describe(error))


def _eight_bit() -> str:
    from nst_tf.weights import cache_folder, imagenet, package_index

    path = cache_folder.filters_file()
    try:
        weights = imagenet.cached_eight_bit()
        origin = f"from the package index ({package_index.REQUIREMENT.replace('==', ' ')})"
        return f"{origin}, {_size(path)}, sha256 {weights.sha256[:12]}, in {path}" if weights else _absent("index")
    except OSError as error:
        return printable(describe(error))


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


def _absent(source: str) -> str:
    return f"not on this machine; get it: nst-tf weights fetch --from {source}"
