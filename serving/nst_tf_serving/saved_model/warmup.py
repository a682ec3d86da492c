"""Warm-up requests, which TF Serving runs when it loads a model, so that the first client does not wait."""

import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from nst_tf.config import StyleConfig
from nst_tf.layer_names import smallest_side
from nst_tf.settings import of_each_style
from nst_tf_serving.graph.request_settings import Settings, default_settings
from nst_tf_serving.graph.signatures import NAMED
from nst_tf_serving.graph.slices import Slices

FILE = "tf_serving_warmup_requests"
"""Name of their file in `assets.extra`."""


def write_requests(
    path: Path, *, config: StyleConfig, slices: Slices, styles: Mapping[str, bytes] | None = None
) -> None:
    """Write a request with one step and tiny pictures for each signature with a `steps` input, and one for `features`.

    `serving_default` is left out: it would take all of its steps, and runs the same graph as `stylize_bytes`. So are
    those that begin a run by default, and those that paint slices in a style by its name.

    Args:
        path: File to write, `assets.extra/tf_serving_warmup_requests`.
        config: The exported settings.
        slices: The model's functions of a painting in slices, for the state that `advance` wants.
        styles: Name to encoded picture of each style in the model; the first is requested.
    """
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in _requests(config, styles or {}, slices):
            writer.write(_log(signature, inputs).SerializeToString())


def read_requests(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read requests from a file: signature name, and input name to NumPy array."""
    for record in tf.data.TFRecordDataset(str(path)):
        request = prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        yield (
            request.model_spec.signature_name,
            {name: tf.make_ndarray(value) for name, value in request.inputs.items()},
        )


def _requests(config: StyleConfig, styles: Mapping[str, bytes], slices: Slices) -> Iterator[tuple[str, dict[str, Any]]]:
    side = _smallest_side(config)
    image = np.linspace(0, 1, side * side * 3, dtype=np.float32).reshape(1, side, side, 3)
    encoded = np.array([tf.io.encode_png(tf.cast(image[0] * 255, tf.uint8)).numpy()], object)
    settings = default_settings(config) | {"steps": np.array([1], np.int32), "size": np.array([side], np.int32)}
    pictures = {"content_bytes": encoded, "style_bytes": encoded}
    yield "stylize_bytes", {**pictures, **settings}
    yield "stylize", {"content": image, "style": image, **settings}
    for name, picture in list(styles.items())[:1]:
        named = settings | {"size": np.array([math.ceil(side * _proportion(picture))], np.int32)}
        yield NAMED, {"content_bytes": encoded, "style_name": np.array([name.encode()], object), **named}
    yield "begin", {**pictures, **settings}
    one = Settings(**{name: tf.constant(value[0]) for name, value in settings.items()})
    # Not by calling `begin`, which would trace and optimize a second copy of it: half of an export.
    state = slices.first_state(tf.constant(encoded[0]), tf.constant(encoded[0]), one)
    asked = {"steps": settings["steps"], "preview": settings["steps"]}
    yield "advance", {**pictures, "state_bytes": np.array([state.numpy()], object), **asked}
    yield "features", {"image": image}


def _smallest_side(config: StyleConfig) -> int:
    """Return a side in pixels that suffices even for the first scale and a reduced style; one failure fails all."""
    scales = 2 ** (((config.scales or 1) - 1) / 2)
    return (
        math.ceil(
            smallest_side(config.layers) * scales / min(1.0, *of_each_style("style_scale", config.style_scale, 1))
        )
        + 1
    )


def _proportion(picture: bytes) -> float:
    """Return the longer side of a picture over the shorter."""
    with Image.open(io.BytesIO(picture)) as file:
        return float(max(file.size) / min(file.size))


def _log(signature: str, inputs: dict[str, Any]) -> Any:
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
