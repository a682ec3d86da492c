"""TF Serving's gRPC messages: from a request to arrays, and from arrays to a response.

Unlike over REST, inputs that have a default may be left out, and a request may ask for some of the outputs only.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from nst_tf_serving.rest.json_tensors import Array, TensorRecord, check_shape
from nst_tf_serving.rest.protocol import DEFAULT_SIGNATURE
from nst_tf_serving.rest.refusals import RequestError
from nst_tf_serving.server.signature_records import Signature

POINTER_BYTES = 8
"""Bytes of an element of an array of strings, besides the string itself."""


def signature_name(request: Any) -> str:
    """Return the name of a request's signature, which may be left out."""
    return str(request.model_spec.signature_name) or DEFAULT_SIGNATURE


def to_inputs(request: Any, signature: Signature, largest: int) -> dict[str, Array]:
    """Build a signature's inputs from a `PredictRequest`, the missing ones from the signature's defaults.

    Args:
        request: The request.
        signature: The signature.
        largest: Bytes of an array; a message of a few bytes may declare a tensor of any size.

    Raises:
        RequestError: If an input is unknown, missing, of another type or shape, incomplete, or too large.
    """
    names = [record.name for record in signature.inputs]
    unknown = sorted(set(request.inputs) - set(names))
    missing = [name for name in names if name not in request.inputs and name not in signature.defaults]
    if unknown or missing:
        wrong = "has no input" if unknown else "also needs"
        raise RequestError(
            f"The signature {wrong} {', '.join(unknown or missing)[:200]}; its inputs are {', '.join(names)}."
        )
    return {
        record.name: _to_array(request.inputs[record.name], record, largest)
        if record.name in request.inputs
        else signature.defaults[record.name]
        for record in signature.inputs
    }


def _to_array(tensor: Any, record: TensorRecord, largest: int) -> Array:
    kind = _kind(tensor)
    if kind != record.dtype:
        raise RequestError(f"Input {record.name!r} must be of type {record.dtype}; got {kind}.")
    shape = tuple(int(dimension.size) for dimension in tensor.tensor_shape.dim)
    if tensor.tensor_shape.unknown_rank or min(shape, default=0) < 0:
        raise RequestError(f"Input {record.name!r} must have a shape; its sizes are open.")
    check_shape(shape, record)
    each = POINTER_BYTES if kind == "string" else np.dtype(kind).itemsize
    if math.prod(shape) * each > largest:
        raise RequestError(f"Input {record.name!r} may have {largest:,} bytes at most; got the shape {list(shape)}.")
    try:
        return np.asarray(tf.make_ndarray(tensor))
    except (ValueError, TypeError) as error:
        raise RequestError(f"Input {record.name!r} does not fit its shape {list(shape)}: {error}.") from None


def _kind(tensor: Any) -> str:
    try:
        return str(tf.dtypes.as_dtype(tensor.dtype).name)
    except TypeError:
        return f"{tensor.dtype}, which is none"


def check_filter(request: Any, signature: Signature) -> list[str]:
    """Return the names of the outputs that a `PredictRequest` asks for: all, unless it names some.

    Raises:
        RequestError: If one is unknown, or named twice.
    """
    names, asked = [record.name for record in signature.outputs], list(request.output_filter)
    if not set(asked) <= set(names) or len(set(asked)) < len(asked):
        raise RequestError(
            f"output_filter must name outputs of the signature, each once; it has {', '.join(names)}; "
            f"got {', '.join(asked)[:200]}."
        )
    return asked or names


def to_response(outputs: Mapping[str, Array], names: list[str]) -> Any:
    """Encode some of a signature's outputs as a `PredictResponse`."""
    return predict_pb2.PredictResponse(outputs={name: tf.make_tensor_proto(outputs[name]) for name in names})
