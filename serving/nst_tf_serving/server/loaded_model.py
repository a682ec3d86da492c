"""A loaded model: runs a signature on arrays, and reports errors with TF Serving's statuses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nst_tf_serving.model_versions import MODEL_FILE, find_version
from nst_tf_serving.rest.json_tensors import Array
from nst_tf_serving.rest.refusals import RequestError
from nst_tf_serving.server.signature_records import Signature, read_signatures
from nst_tf_serving.tf_errors import strip_graph_trace

STATUSES = {
    "CancelledError": 499,
    "InvalidArgumentError": 400,
    "FailedPreconditionError": 400,
    "OutOfRangeError": 400,
    "UnauthenticatedError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "AlreadyExistsError": 409,
    "AbortedError": 409,
    "ResourceExhaustedError": 429,
    "UnimplementedError": 501,
    "UnavailableError": 503,
    "DeadlineExceededError": 504,
}
"""Maps a class of `tf.errors` to an HTTP status, as TF Serving does; all others are 500."""


@dataclass(frozen=True)
class LoadedModel:
    """One version of a model in memory; `root` keeps its variables alive."""

    version: int
    signatures: Mapping[str, Signature]
    metadata: Mapping[str, Any]
    root: Any

    def signature(self, name: str) -> Signature:
        """Return a signature by name.

        Raises:
            RequestError: If there is no such signature; the message lists all.
        """
        if name not in self.signatures:
            known = ", ".join(self.signatures)
            raise RequestError(f"Serving signature key {name[:100]!r} not found; the model has {known}.")
        return self.signatures[name]

    def run(self, name: str, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Run a signature; all of its inputs are required.

        Raises:
            RequestError: If TensorFlow reports an error.
        """
        import tensorflow as tf

        records = self.signature(name).inputs
        tensors = {record.name: tf.constant(inputs[record.name], dtype=record.dtype) for record in records}
        function: Callable[..., Mapping[str, Any]] = self.root.signatures[name]
        try:
            outputs = function(**tensors)
            return {output.name: _array(outputs[output.name]) for output in self.signature(name).outputs}
        except tf.errors.OpError as error:
            status = STATUSES.get(type(error).__name__, 500)
            raise RequestError(strip_graph_trace(error.message), status) from error


def load_model(folder: Path) -> LoadedModel:
    """Load the highest version of an exported model.

    Raises:
        OSError: If there is no version, or it can't be read.
        ValueError: If the model is damaged.
    """
    import tensorflow as tf

    version, path = find_version(folder)
    signatures, metadata = read_signatures(path / MODEL_FILE)
    try:
        root = tf.saved_model.load(str(path))
    except tf.errors.OpError as error:
        raise ValueError(
            f"{path} can't be loaded; export the model again: {strip_graph_trace(error.message)}"
        ) from error
    return LoadedModel(version, signatures, metadata, root)


def _array(tensor: Any) -> Array:
    value = tensor.numpy()
    return np.asarray(value, dtype=object) if isinstance(value, bytes) else np.asarray(value)
