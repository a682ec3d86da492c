"""Warm-up requests: what TF Serving runs when it loads a model, so that the first visitor does not wait."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

FILE = "tf_serving_warmup_requests"
"""Name under which TF Serving looks for them in `assets.extra`."""


def write_requests(path: Path, *, side: int) -> None:
    """Write one request for every signature: a single step where steps can be chosen, and tiny pictures.

    Args:
        path: File to write, `assets.extra/tf_serving_warmup_requests`.
        side: Pixels of the pictures' sides: what the layers need at the least, as a request that fails fails the model.
    """
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in _requests(side):
            writer.write(_log(signature, inputs).SerializeToString())


def read_requests(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read a file of requests: name of the signature and NumPy arrays by name of the input."""
    for record in tf.data.TFRecordDataset(str(path)):
        request = prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        yield (
            request.model_spec.signature_name,
            {name: tf.make_ndarray(value) for name, value in request.inputs.items()},
        )


def _requests(side: int) -> Iterator[tuple[str, dict[str, Any]]]:
    image = np.linspace(0, 1, side * side * 3, dtype=np.float32).reshape(1, side, side, 3)
    encoded = tf.io.encode_png(tf.cast(image[0] * 255, tf.uint8)).numpy()
    settings = {"steps": np.array([1], np.int32), "size": np.array([side], np.int32)}
    pictures = {"content_bytes": np.array([encoded], object), "style_bytes": np.array([encoded], object)}
    yield "serving_default", pictures
    yield "stylize_bytes", {**pictures, **settings}
    yield "stylize", {"content": image, "style": image, **settings}
    yield "features", {"image": image}


def _log(signature: str, inputs: dict[str, Any]) -> Any:
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
