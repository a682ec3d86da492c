"""Read tensors from a file of PyTorch's legacy serialization, without PyTorch and without unpickling.

The file begins with five pickles: a magic number, the version of the protocol, facts about the machine that wrote it,
the dictionary of tensors, and the list of the storages' keys. Then, for each key in that order, follow the number of
elements as a little-endian int64 and the elements. A tensor names its storage by a persistent id, `("storage", type,
key, device, number of elements, None)`, and is rebuilt by `_rebuild_tensor_v2(storage, offset, shape, strides, ...)`.

A pickle is a program. This interpreter supports only the instructions that such a file needs, and only numbers,
strings, tuples, lists and dictionaries; it never calls anything.
"""

import io
import math
import pickletools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001

MOST_PICKLED = 2**16
"""Bytes within which the five pickles must end."""

ELEMENTS: Mapping[str, np.dtype[Any]] = {"torch ByteStorage": np.dtype("u1"), "torch FloatStorage": np.dtype("<f4")}
"""Type of a storage's elements, by its type."""

REBUILD, ORDERED = "torch._utils _rebuild_tensor_v2", "collections OrderedDict"
GLOBALS = (*ELEMENTS, REBUILD, ORDERED)
"""All names that a pickle may refer to."""


@dataclass(frozen=True)
class _Global:
    """A name that a pickle refers to."""

    name: str


@dataclass(frozen=True)
class _Storage:
    """A persistent id of a storage."""

    kind: np.dtype[Any]
    key: str
    elements: int


@dataclass(frozen=True)
class _Tensor:
    """A tensor that is all of its storage, in order."""

    storage: _Storage
    shape: tuple[int, ...]


def read_tensors(data: bytes) -> dict[str, npt.NDArray[Any]]:
    """Return the tensors of a file, as views of its bytes.

    Raises:
        ValueError: If it is damaged, another kind of file, or contains anything unexpected.
    """
    head = io.BytesIO(data[:MOST_PICKLED])
    magic, protocol, _, state, keys = (_run(head) for _ in range(5))
    _require(type(magic) is int and magic == MAGIC, "it does not begin as PyTorch's files do")
    _require(type(protocol) is int and protocol == PROTOCOL, "it is of another version of PyTorch's format")
    _require(type(state) is dict and all(type(each) is _Tensor for each in state.values()), "it holds no tensors")
    _require(type(keys) is list and all(type(key) is str for key in keys), "it has no list of storages")
    storages = _read_storages(data, head.tell(), keys, {each.storage.key: each.storage for each in state.values()})
    return {name: _view(storages, tensor) for name, tensor in state.items()}


def _read_storages(
    data: bytes, start: int, keys: Sequence[str], known: Mapping[str, _Storage]
) -> dict[str, npt.NDArray[Any]]:
    """Return each storage's elements, `(N,)`, and check that nothing follows the last one."""
    _require(len(set(keys)) == len(keys) and set(keys) == set(known), "its storages are not those of its tensors")
    storages = {}
    for key in keys:
        kind, elements = known[key].kind, known[key].elements
        end = start + 8 + elements * kind.itemsize
        _require(end <= len(data), "it ends within a storage")
        _require(int.from_bytes(data[start : start + 8], "little") == elements, "a storage has another size")
        storages[key] = np.frombuffer(data, kind, elements, start + 8)
        start = end
    _require(start == len(data), "there is more after its last storage")
    return storages


def _view(storages: Mapping[str, npt.NDArray[Any]], tensor: _Tensor) -> npt.NDArray[Any]:
    """Return a tensor's elements in its shape."""
    elements = storages[tensor.storage.key]
    _require(elements.dtype == tensor.storage.kind, "a storage is of two types")
    _require(len(elements) == math.prod(tensor.shape), "a tensor is not all of its storage")
    return elements.reshape(tensor.shape)


def _run(stream: io.BytesIO) -> Any:
    """Run one pickle, and return its value."""
    machine = _Machine([], [], {})
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name == "STOP":
                _require(len(machine.stack) == 1 and not machine.marks, "a pickle leaves more than one value")
                return machine.stack.pop()
            _require(opcode.name in INSTRUCTIONS, f"it uses {opcode.name}, which no file of tensors needs")
            INSTRUCTIONS[opcode.name](machine, argument)
    except (IndexError, KeyError) as error:
        raise ValueError("a pickle refers to what is not there") from error
    raise ValueError("a pickle does not end")


@dataclass(frozen=True)
class _Machine:
    """The state of a running pickle.

    Attributes:
        stack: The values.
        marks: For each mark, the number of values below it.
        memo: Values for later use, by number.
    """

    stack: list[Any]
    marks: list[int]
    memo: dict[int, Any]

    def push(self, value: Any) -> None:
        """Push a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Pop the top value, which must be above the last mark."""
        _require(len(self.stack) > (self.marks[-1] if self.marks else 0), "a pickle takes what is not there")
        return self.stack.pop()

    def pop_marked(self) -> list[Any]:
        """Pop all values above the last mark, and the mark."""
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def top(self, kind: type) -> Any:
        """Return the top value, which must be a container of a type."""
        _require(bool(self.stack) and type(self.stack[-1]) is kind, f"a pickle fills what is not a {kind.__name__}")
        return self.stack[-1]


def _put(machine: _Machine, number: int) -> None:
    """Store the top value in the memo."""
    machine.memo[number] = machine.stack[-1]


def _set_items(machine: _Machine, _: None) -> None:
    """Fill the dictionary below the last mark with the names and values above it."""
    values = machine.pop_marked()
    target: dict[str, Any] = machine.top(dict)
    _require(len(values) % 2 == 0, "a dictionary has a name without a value")
    for name, value in zip(values[::2], values[1::2], strict=True):
        _require(type(name) is str and name not in target, "a dictionary's names are not distinct strings")
        target[name] = value


def _append_all(machine: _Machine, _: None) -> None:
    """Extend the list below the last mark with the values above it."""
    values = machine.pop_marked()
    machine.top(list).extend(values)


def _refer(machine: _Machine, name: str) -> None:
    """Push a name, if it is one of those allowed."""
    _require(name in GLOBALS, f"it refers to {name.replace(' ', '.')[:80]!r}, which no file of tensors needs")
    machine.push(_Global(name))


def _persist(machine: _Machine, _: None) -> None:
    """Replace a persistent id by its storage."""
    match machine.pop():
        case (str(word), _Global(name), str(key), str(), int(elements), None) if word == "storage" and name in ELEMENTS:
            _require(type(elements) is int and elements >= 0, "a storage's size is not a number")
            machine.push(_Storage(ELEMENTS[name], key, elements))
        case _:
            raise ValueError("a persistent id names no storage")


def _reduce(machine: _Machine, _: None) -> None:
    """Replace a call by its result: a rebuilt tensor, or an empty ordered dictionary."""
    arguments, function = machine.pop(), machine.pop()
    match function, arguments:
        case _Global(name), () if name == ORDERED:
            machine.push({})
        case _Global(name), (_Storage() as storage, offset, tuple(shape), tuple(strides), *_) if name == REBUILD:
            _require(all(type(each) is int and each > 0 for each in (*shape, *strides)), "a shape has no numbers")
            _require(type(offset) is int and offset == 0, "a tensor does not begin where its storage does")
            _require(len(shape) <= 4 and strides == _contiguous(shape), "a tensor is not contiguous")
            machine.push(_Tensor(storage, shape))
        case _:
            raise ValueError("it calls what no file of tensors needs")


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides, in elements, of a contiguous tensor."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _require(condition: bool, complaint: str) -> None:
    if not condition:
        raise ValueError(complaint)


INSTRUCTIONS: Mapping[str, Callable[[_Machine, Any], None]] = {
    "PROTO": lambda machine, version: None,  # noqa: ARG005
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "BINGET": lambda machine, number: machine.push(machine.memo[number]),
    "GLOBAL": _refer,
    "REDUCE": _reduce,
    "BINPERSID": _persist,
    "SETITEMS": _set_items,
    "APPENDS": _append_all,
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "TUPLE1": lambda machine, _: machine.push((machine.pop(),)),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_marked())),
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"), _Machine.push),
}
"""The supported instructions of pickles."""
