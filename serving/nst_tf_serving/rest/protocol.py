"""TF Serving's REST protocol: from a request's body to arrays, and from arrays to a response's body.

A request gives its tensors by row (`instances`) or by column (`inputs`), never both. Every input of a signature is
required: TF Serving honors a signature's defaults only over gRPC. Nothing here imports TensorFlow or a web framework.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nst_tf_serving.rest.json_documents import read_document
from nst_tf_serving.rest.json_tensors import Array, TensorRecord, brief, is_b64, shape_of, to_array, to_json
from nst_tf_serving.rest.refusals import RequestError

DEFAULT_SIGNATURE = "serving_default"

FORMATS = ("instances", "inputs")
"""Keys of the row format and the columnar format."""


@dataclass(frozen=True)
class PredictRequest:
    """A parsed request body: the signature, and all JSON fields."""

    signature: str
    fields: Mapping[str, Any]

    @property
    def by_row(self) -> bool:
        """Whether the request is in the row format."""
        return "instances" in self.fields


def parse_request(body: bytes) -> PredictRequest:
    """Parse a request's body as far as possible without the signature's inputs.

    Raises:
        RequestError: If it is not a JSON object, or its signature's name is not a string.
    """
    fields = read_document(body)
    if not isinstance(fields, dict):
        raise RequestError(f"The request must be a JSON object with 'instances' or 'inputs'; got {brief(fields)}.")
    signature = fields.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(signature, str):
        raise RequestError(f"'signature_name' must be a string; got {brief(signature)}.")
    return PredictRequest(signature or DEFAULT_SIGNATURE, fields)


def check_examples(request: PredictRequest) -> None:
    """Check that a request to classify or to regress has examples.

    Raises:
        RequestError: If it has none.
    """
    examples = request.fields.get("examples")
    if not isinstance(examples, list) or not examples:
        raise RequestError("A request to classify or to regress must have a list of 'examples'.")


def to_arrays(request: PredictRequest, inputs: Sequence[TensorRecord]) -> dict[str, Array]:
    """Build a signature's inputs from a request.

    Raises:
        RequestError: If the request is in neither or both formats; if an input is missing or, by row, unknown;
            if an input's type or shape differs from the signature's.
    """
    formats = [key for key in FORMATS if key in request.fields]
    if len(formats) != 1:
        raise RequestError(
            "The request must have 'instances' (row format) or 'inputs' (columnar format), "
            f"one of them; got {'both' if formats else 'neither'}."
        )
    values = request.fields[formats[0]]
    columns = (_from_rows if request.by_row else _from_columns)(values, [record.name for record in inputs])
    try:
        return {record.name: to_array(columns[record.name], record) for record in inputs}
    except RequestError as error:
        if request.by_row:  # TF Serving answers any error here with "invalid argument"
            error.status = 400
        raise


def _from_rows(rows: Any, names: list[str]) -> dict[str, Any]:
    if not isinstance(rows, list) or not rows:
        raise RequestError(f"'instances' must be a list with at least one row; got {brief(rows)}.")
    if isinstance(rows[0], dict) and not is_b64(rows[0]):
        for index, row in enumerate(rows):
            _check_keys(index, row, names)
        columns = {name: [row[name] for row in rows] for name in names}
    elif len(names) == 1:
        columns = {names[0]: rows}
    else:
        raise RequestError(f"Each of 'instances' must be an object with the keys {_listed(names)}; got plain values.")
    for name, column in columns.items():
        _check_rows(name, [shape_of(value) for value in column])
    return columns


def _check_keys(index: int, row: Any, names: list[str]) -> None:
    if not isinstance(row, dict):
        raise RequestError(f"Row {index} of 'instances' must be an object as row 0 is; got {brief(row)}.")
    if set(row) != set(names):
        raise RequestError(
            f"Row {index} of 'instances' must have exactly the keys {_listed(names)}; got {_listed(row)}."
        )


def _check_rows(name: str, shapes: list[tuple[int, ...]]) -> None:
    for index, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise RequestError(
                f"All rows of {name!r} must have the same shape: "
                f"Expecting shape {list(shapes[0])} but got {list(shape)} in row {index}."
            )


def _from_columns(columns: Any, names: list[str]) -> dict[str, Any]:
    if not isinstance(columns, dict) or is_b64(columns):
        if len(names) == 1:
            return {names[0]: columns}
        raise RequestError(f"'inputs' must be an object with the keys {_listed(names)}; got {brief(columns)}.")
    missing = [name for name in names if name not in columns]
    if missing:
        raise RequestError(f"Missing named input: 'inputs' needs {_listed(missing)}, too; got {_listed(columns)}.")
    return columns


def to_response(outputs: Mapping[str, Array], *, by_row: bool) -> bytes:
    """Encode a signature's outputs as a response's body, in the format of the request.

    Raises:
        RequestError: If JSON can't carry an output, or if the row format can't, as batch sizes differ or are missing.
    """
    if by_row:
        _check_batch(outputs)
    values = {name: to_json(name, array) for name, array in outputs.items()}
    if not by_row:
        answer: Any = {"outputs": values if len(values) != 1 else next(iter(values.values()))}
    elif len(values) == 1:
        answer = {"predictions": next(iter(values.values()))}
    else:
        answer = {"predictions": [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]}
    return json.dumps(answer).encode()


def _check_batch(outputs: Mapping[str, Array]) -> None:
    sizes = set()
    for name, array in outputs.items():
        if array.ndim == 0:
            raise RequestError(f"Output {name!r} has no rows, so the row format can't hold it; ask with 'inputs'.")
        if len(array) == 0:
            raise RequestError(f"Output {name!r} is empty, so the row format can't hold it; ask with 'inputs'.")
        sizes.add(len(array))
    if len(sizes) > 1:
        raise RequestError(
            "The outputs have inconsistent batch sizes, so the row format can't hold them; ask with 'inputs'."
        )


def _listed(names: Any) -> str:
    text = ", ".join(sorted(json.dumps(name)[1:-1] for name in names)) or "none"
    return text if len(text) <= 200 else text[:200] + "..."
