"""What `nst-tf weights` shows, fetches and verifies."""

import typer

from nst_tf_cli.quiet import start_tensorflow


def show_weights() -> None:
    """List each kind of weights: whether it is here, and where."""
    start_tensorflow()
    from nst_tf.errors import MissingWeightsError
    from nst_tf.weights import imagenet

    try:
        state = (
            f"in {imagenet.cached_file()}"
            if imagenet.is_cached()
            else "not on this machine; get it: nst-tf weights fetch"
        )
    except MissingWeightsError as error:
        state = str(error)
    typer.echo(f"imagenet  {state}")
    typer.echo("builtin   part of nst-tf, needs no download")
    typer.echo("random    made from --seed, for tests and teaching")
    typer.echo("PATH      any VGG-19 weights file: .h5, .weights.h5, .npz")
    typer.echo("auto takes imagenet if it is here or can be fetched, else builtin.")


def fetch_weights() -> None:
    """Download ImageNet weights into Keras' cache, and verify them."""
    start_tensorflow()
    from nst_tf.weights import imagenet

    imagenet.load_arrays()
    typer.echo(f"ImageNet weights are in {imagenet.cached_file()}.")


def check_weights(source: str) -> None:
    """Load weights and print what they hold; whatever is wrong with them is raised."""
    start_tensorflow()
    from nst_tf.weights.sources import load_weights

    weights = load_weights(source)
    typer.echo(f"{weights.name}: {len(weights.layers)} convolutions, {weights.layers[0]} to {weights.layers[-1]}")
    typer.echo(f"sha256 of the filters: {weights.sha256}")
