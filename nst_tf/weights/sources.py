"""Load VGG-19's filters from ImageNet, the built-in network, a seeded random one, or a file.

All of them are in Keras' layout, and for Keras' preprocessing of VGG-19.
"""

import functools
import logging
from pathlib import Path

from nst_tf.config import WEIGHTS
from nst_tf.errors import MissingWeightsError
from nst_tf.storage.path_checks import check_local, why_missing
from nst_tf.weights import builtin, imagenet
from nst_tf.weights.downloads import AUTOMATIC, EXPLICIT
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf.weights.random_filters import smooth_random_arrays
from nst_tf.weights.weight_files import read_weights


def load_weights(source: str | Path = "auto", *, seed: int = 0) -> NetworkWeights:
    """Load VGG-19's filters.

    `imagenet` loads Keras' file from Keras' cache, or the 8-bit filters from ours, or downloads one of them. `auto`
    does the same, but waits five seconds at most for a server, and tries again only after an hour; if it fails, it
    falls back to the built-in network with a logged warning (which Python writes to stderr by default).

    Args:
        source: `auto`, `imagenet`, `imagenet-8bit`, `builtin`, `random`, or a file: `.h5`, `.weights.h5` (as Keras
            writes them, with or without top) or `.npz` (arrays `block1_conv1/kernel`, `block1_conv1/bias`, ...).
        seed: Seed of the random network.

    Raises:
        MissingWeightsError: If ImageNet's weights are requested and not available, or the built-in file is damaged.
        FileNotFoundError: If there is no such file.
        ValueError: If the file does not hold VGG-19's filters, or its name is a URL.
    """
    if source in WEIGHTS:
        return _load(str(source), seed if source == "random" else 0)
    check_local(source)
    if not Path(source).is_file():
        reason = why_missing(Path(source), "file ")
        raise FileNotFoundError(f"weights must be one of {', '.join(WEIGHTS)} or a file; {reason}.")
    path = Path(source).resolve()
    return _load_file(str(source), path, (path.stat().st_mtime_ns, path.stat().st_size))


@functools.lru_cache(maxsize=2)
def _load(source: str, seed: int) -> NetworkWeights:
    """Load one of `WEIGHTS`, once per process."""
    if source == "auto":
        return _imagenet_or_builtin()
    if source == imagenet.FULL:
        return imagenet.load(EXPLICIT)
    if source == imagenet.EIGHT_BIT:
        return imagenet.load(EXPLICIT, source="index")
    if source == "builtin":
        return NetworkWeights(name=source, arrays=builtin.load_arrays())
    return NetworkWeights(name=source, arrays=smooth_random_arrays(seed))


@functools.lru_cache(maxsize=2)
def _load_file(name: str, path: Path, _stamp: tuple[int, int]) -> NetworkWeights:
    """Load a file, once per process as long as its modification time and size stay the same."""
    return NetworkWeights(name=name, arrays=read_weights(path))


def _imagenet_or_builtin() -> NetworkWeights:
    try:
        return imagenet.load(AUTOMATIC, ask_again=False)
    except MissingWeightsError as error:
        logging.getLogger(__name__).warning("Painting with the built-in network. %s", error)
        return load_weights("builtin")
