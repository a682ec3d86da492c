"""Tensors in TF Serving's JSON: nested lists of numbers, strings and objects `{"b64": "..."}`.

The values come from `json_documents`. An array of strings is an object array of bytes. Nothing here imports TensorFlow
or a web framework.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf_serving.rest.base64_text import decode_base64
from nst_tf_serving.rest.json_documents import LEAST_WHOLE, Repeated, to_bytes
from nst_tf_serving.rest.refusals import RequestError

DTYPES = (
    *("string", "bool", "float32", "float64"),
    *("int8", "uint8", "int16", "int32", "uint32", "int64", "uint64"),
)
"""Types that JSON can carry in TF Serving: no half-precision floats, no complex numbers, no uint16."""

LARGEST_RANK = 32
"""Most dimensions of a tensor; every version of NumPy supports that many."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class TensorRecord:
    """An input or output of a signature; a size or shape that is None is open."""

    name: str
    dtype: str
    shape: tuple[int | None, ...] | None


def to_array(value: Any, record: TensorRecord) -> Array:
    """Convert nested lists to an array of a record's type and shape.

    Raises:
        RequestError: If they do not fit the shape or the type.
    """
    shape = shape_of(value)
    check_shape(shape, record)
    return _typed(_leaves(value, shape, record.name), record).reshape(shape)


def check_shape(shape: tuple[int, ...], record: TensorRecord) -> None:
    """Check that a shape fits a record.

    Raises:
        RequestError: If it does not.
    """
    fits = len(shape) <= LARGEST_RANK if record.shape is None else len(shape) == len(record.shape)
    if not fits or any(want not in (None, got) for want, got in zip(record.shape or (), shape, strict=False)):
        raise RequestError(f"Input {record.name!r} must have the shape {_any(record.shape)}; got {list(shape)}.")


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of nested lists, judging by their first elements."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _leaves(value: Any, shape: tuple[int, ...], name: str) -> list[Any]:
    """Flatten nested lists, and check that all have the same sizes as the first ones."""
    level = [value]
    for size in shape:
        if not all(isinstance(part, list) and len(part) == size for part in level):
            raise RequestError(f"Input {name!r} must have the shape {list(shape)} in all its parts; one differs.")
        level = [leaf for part in level for leaf in part]
    if any(isinstance(leaf, list) for leaf in level):
        raise RequestError(f"Input {name!r} must have the shape {list(shape)} in all its parts; one is a list.")
    return level


def _typed(leaves: list[Any], record: TensorRecord) -> Array:
    if record.dtype not in DTYPES and leaves:
        raise RequestError(f"Input {record.name!r} is of type {record.dtype}, which JSON can't carry here.", 501)
    if record.dtype == "string":
        array = np.empty(len(leaves), dtype=object)
        array[:] = [_to_bytes(leaf, record.name) for leaf in leaves]
        return array
    dtype = np.dtype(record.dtype)
    kinds = {"b": (bool,), "f": (int, float)}.get(dtype.kind, (int,))
    for leaf in leaves:
        if type(leaf) not in kinds:
            raise RequestError(f"Input {record.name!r} must be of type {record.dtype}; got {brief(leaf)}.")
    return _floats(leaves, record) if dtype.kind == "f" else _whole(leaves, record)


def _whole(leaves: list[Any], record: TensorRecord) -> Array:
    try:
        return np.array(leaves, dtype=record.dtype)
    except OverflowError:
        raise RequestError(f"Input {record.name!r} must hold numbers that {record.dtype} can hold.") from None


def _floats(leaves: list[Any], record: TensorRecord) -> Array:
    """Convert numbers; refuse integers that might be rounded and finite numbers that would become infinite.

    As in TF Serving, integers beyond 64 bits are floats already, and the smallest 64-bit integer is accepted.
    """
    limits = np.finfo(record.dtype)
    exact = 2 ** (limits.nmant + 1)
    for leaf in leaves:
        rounded = abs(leaf) >= exact and leaf != LEAST_WHOLE
        if rounded if type(leaf) is int else float(limits.max) < abs(leaf) < float("inf"):
            raise RequestError(f"Input {record.name!r} must hold what {record.dtype} can hold; got {brief(leaf)}.")
    return np.array(leaves, dtype=record.dtype)


def _to_bytes(leaf: Any, name: str) -> bytes:
    if isinstance(leaf, str):
        return to_bytes(leaf)
    if not is_b64(leaf):
        raise RequestError(f'Input {name!r} must hold strings or objects {{"b64": "..."}}; got {brief(leaf)}.')
    try:
        return decode_base64(leaf["b64"])
    except ValueError as error:
        raise RequestError(f"Input {name!r} must hold valid base64; it can't be decoded: {error}.") from None


def is_b64(value: Any) -> bool:
    """Tell whether a JSON value is an object that encodes bytes: a single key, `b64`, with a string."""
    if isinstance(value, Repeated) or not isinstance(value, dict):
        return False
    return list(value) == ["b64"] and isinstance(value["b64"], str)


def to_json(name: str, array: Array) -> Any:
    """Convert an output to nested lists; strings become `{"b64": ...}` if its name ends in `_bytes`.

    Raises:
        RequestError: If JSON can't carry its type.
    """
    kind = str(array.dtype)
    if array.dtype == object:
        return _strings(array.tolist(), as_b64=name.endswith("_bytes"))
    if kind not in DTYPES:
        raise RequestError(f"Output {name!r} is of type {kind}, which JSON can't carry here.")
    if kind == "float32":  # the shortest decimal of this float32, not of the double that equals it
        array = array.astype(str).astype(np.float64)
    return array.tolist()


def _strings(value: Any, *, as_b64: bool) -> Any:
    if isinstance(value, list):
        return [_strings(part, as_b64=as_b64) for part in value]
    return {"b64": base64.b64encode(value).decode()} if as_b64 else value.decode(errors="replace")


def brief(value: Any) -> str:
    """Shorten a JSON value for a message."""
    if isinstance(value, (list, dict)) and value:
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value) if isinstance(value, int) and abs(value) > 2**64 else json.dumps(value)
    return text if len(text) <= 40 else text[:40] + "..."


def _any(shape: tuple[int | None, ...] | None) -> str:
    return "of any rank" if shape is None else str([-1 if size is None else size for size in shape])
