"""What `nst-tf weights` shows, fetches and verifies."""

from pathlib import Path

from nst_tf_cli.terminal.errors import FAILED, answer, describe, fail, printable, say


def show_weights() -> None:
    """List each kind of weights: whether it is here, where, and where it came from."""
    from nst_tf.weights import cache_folder

    lines = [
        _full(),
        _eight_bit(),
        "builtin        part of nst-tf, needs no download",
        "random         made from --seed, for tests and teaching",
        "PATH           any VGG-19 weights file: .h5, .weights.h5, .npz",
        "auto takes imagenet if it is here or can be fetched, in 8 bits if need be, else builtin.",
    ]
    if failure := cache_folder.remembered_failure():
        minutes, reason = failure
        lines.append(f"auto does not look for it within the hour; {minutes} minutes ago: {printable(reason)}")
    answer("\n".join(lines))


def _full() -> str:
    from nst_tf.weights import keras_file

    path = keras_file.cached_file()
    try:
        here = keras_file.is_cached()
        state = f"from Keras, {_size(path)}, md5 {keras_file.MD5[:12]}, in {path}" if here else _absent("keras")
    except OSError as error:
        state = describe(error)
    return f"imagenet       {state}"


def _eight_bit() -> str:
    from nst_tf.weights import cache_folder, imagenet, package_index

    path = cache_folder.filters_file()
    try:
        weights = imagenet.cached_eight_bit()
        origin = f"from the package index ({package_index.REQUIREMENT.replace('==', ' ')})"
        state = f"{origin}, {_size(path)}, sha256 {weights.sha256[:12]}, in {path}" if weights else _absent("index")
    except OSError as error:
        state = describe(error)
    return f"imagenet-8bit  {state}"


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


def _absent(source: str) -> str:
    return f"not on this machine; get it: nst-tf weights fetch --from {source}"


def fetch_weights(source: str) -> None:
    """Get ImageNet's weights into a cache, and verify them."""
    from nst_tf.errors import MissingWeightsError
    from nst_tf.weights import cache_folder, imagenet, keras_file
    from nst_tf.weights.downloads import EXPLICIT

    if source not in imagenet.SOURCES:
        raise ValueError(f"--from must be one of {', '.join(imagenet.SOURCES)}; got {source!r}.")
    try:
        weights = imagenet.load(EXPLICIT, source=source)
    except MissingWeightsError as error:
        fail(describe(error), FAILED)
    path = keras_file.cached_file() if weights.name == imagenet.FULL else cache_folder.filters_file()
    if not path.is_file():
        fail(f"ImageNet weights were downloaded, but can't be kept in {path.parent}; see NST_TF_CACHE.", FAILED)
    say(f"ImageNet weights ({weights.name}, sha256 {weights.sha256[:12]}) are in {path}.", err=False)


def check_weights(source: str) -> None:
    """Load weights and print what they hold; whatever is wrong with them is raised."""
    from nst_tf.weights.sources import load_weights

    weights = load_weights(source)
    layers = f"{len(weights.layers)} convolutions, {weights.layers[0]} to {weights.layers[-1]}"
    answer(f"{weights.name}: {layers}\nsha256 of the filters: {weights.sha256}")
