"""Read the signatures of a SavedModel, as records and as the JSON of TF Serving's metadata."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf_serving.rest.json_tensors import Array, TensorRecord

if TYPE_CHECKING:
    from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef, TensorInfo

SERVE_TAG = "serve"
INTERNAL_SIGNATURE = "__saved_model_init_op"


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of a signature, sorted by name, as TF Serving sorts them.

    Attributes:
        inputs: All inputs.
        outputs: All outputs.
        defaults: Input name to default; only gRPC honors them.
    """

    inputs: tuple[TensorRecord, ...]
    outputs: tuple[TensorRecord, ...]
    defaults: Mapping[str, Array]


def read_signatures(file: Path) -> tuple[dict[str, Signature], dict[str, Any]]:
    """Read the signatures in `saved_model.pb`.

    Returns:
        Signature name to signature, and the value of `metadata.signature_def.signature_def` in TF Serving's metadata.

    Raises:
        ValueError: If the file is not a SavedModel, or has no graph for serving.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    try:
        model = SavedModel.FromString(file.read_bytes())
    except DecodeError:
        raise ValueError(f"{file} is damaged, or not a SavedModel; export the model again.") from None
    for graph in model.meta_graphs:
        if SERVE_TAG in graph.meta_info_def.tags:
            definitions = {k: v for k, v in sorted(graph.signature_def.items()) if k != INTERNAL_SIGNATURE}
            return {k: _signature(v) for k, v in definitions.items()}, {k: _json(v) for k, v in definitions.items()}
    raise ValueError(f"{file} has no graph with the tag {SERVE_TAG!r}; export the model for serving.")


def _signature(definition: "SignatureDef") -> Signature:
    from tensorflow import make_ndarray

    defaults = {name: make_ndarray(value) for name, value in definition.defaults.items()}
    return Signature(_records(definition.inputs), _records(definition.outputs), defaults)


def _records(tensors: "Mapping[str, TensorInfo]") -> tuple[TensorRecord, ...]:
    return tuple(_record(name, tensor) for name, tensor in sorted(tensors.items()))


def _record(name: str, tensor: "TensorInfo") -> TensorRecord:
    from tensorflow import dtypes

    known = not tensor.tensor_shape.unknown_rank
    sizes = tuple(None if dim.size < 0 else dim.size for dim in tensor.tensor_shape.dim)
    return TensorRecord(name, dtypes.as_dtype(tensor.dtype).name, sizes if known else None)


def _json(definition: "SignatureDef") -> dict[str, Any]:
    """Convert a signature to protobuf's JSON with empty fields, as TF Serving does; names are sorted."""
    from google.protobuf.json_format import MessageToDict

    fields = MessageToDict(definition, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return {key: dict(sorted(value.items())) if isinstance(value, dict) else value for key, value in fields.items()}
