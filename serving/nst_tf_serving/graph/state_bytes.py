"""The state of a run as opaque bytes, in a graph: what a client carries from one slice to the next.

    seal (16)  format (8)  model (16)  content (16)  style (16)  settings (4 each)  position

The seal is a keyed hash of all that follows (SipHash-2-4, twice; the keys depend on the model), so that nothing that is
damaged is read. Whoever has the model can forge a seal. So no length is ever taken from a state: each follows from the
pictures and the settings, and is compared before anything is decoded. Numbers are little-endian. A run that has taken
no step has no position yet.
"""

import hashlib
import math
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nst_tf.config import REQUEST_SETTINGS, SETTINGS
from nst_tf.scales.plan_in_graph import Stages
from nst_tf_serving.graph.checks import Check
from nst_tf_serving.graph.request_settings import TYPES, Settings
from nst_tf_serving.graph.run import Position

FORMAT = b"nst-tf\x00\x01"
"""Name and version of the format; another one is needed for any change of its parts, or of `Position`."""

_HASH, _NUMBER, _MOST = 16, 4, 2**63 - 1
_MODEL, _CONTENT, _STYLE = (_HASH + len(FORMAT) + _HASH * number for number in range(3))
_SETTINGS = _STYLE + _HASH
HEADER = _SETTINGS + _NUMBER * len(REQUEST_SETTINGS)
"""Bytes before the position."""

_ADVICE = "send what begin or the last advance returned, unchanged"


class StateFormat(NamedTuple):
    """What all states of a model have in common.

    Attributes:
        model: Bytes that stand for the model.
        keys: Keys of the two halves of a hash.
        spec: The types of a position.
        largest: Bytes of the largest state.
    """

    model: bytes
    keys: tuple[list[int], list[int]]
    spec: Position
    largest: int


class Sent(NamedTuple):
    """The pictures of a run as they were sent, scalar strings."""

    content: tf.Tensor
    style: tf.Tensor


def state_format(identity: str, spec: Position, *, pixels: int) -> StateFormat:
    """Return what all states of a model have in common.

    Args:
        identity: Says what a painting depends on besides the request.
        spec: The types of a position.
        pixels: Most pixels of a painting.
    """
    digest = hashlib.sha512(identity.encode()).digest()
    keys = np.frombuffer(digest, "<i8", 4, offset=_HASH).tolist()
    largest = HEADER + sum(each.dtype.size * math.prod(_shape(each, pixels)) for each in tf.nest.flatten(spec))
    return StateFormat(digest[:_HASH], (keys[:2], keys[2:]), spec, largest)


def write_state(form: StateFormat, sent: Sent, settings: Settings, position: Position | None = None) -> tf.Tensor:
    """Return a state, a scalar string.

    Args:
        form: What all states have in common.
        sent: The pictures.
        settings: Settings of the request.
        position: Where the run stands; None before the first step.
    """
    parts = [FORMAT, form.model, *(_hash(form, each) for each in sent), *_written_settings(settings)]
    body = tf.strings.join([*parts, *([] if position is None else _written_position(position))])
    return tf.strings.join([_hash(form, body), body])


def state_checks(form: StateFormat, state: tf.Tensor, sent: Sent) -> list[Check]:
    """Return the checks of a state by its hashes."""
    size = tf.strings.length(state)
    fits = tf.logical_and(size >= HEADER, size <= form.largest)
    known = tf.where(fits, state, b"\0" * HEADER)
    of_format = _part(known, _HASH, len(FORMAT)) == FORMAT
    whole = _part(known, 0, _HASH) == _hash(form, _part(known, _HASH, tf.strings.length(known) - _HASH))
    other = "state_bytes belongs to another"
    checks = [
        Check(of_format, ("state_bytes is not a state of this version; got ", size, f" bytes; {_ADVICE}.")),
        Check(
            _part(known, _MODEL, _HASH) == form.model, (f"{other} model or version of it; begin again with this one.",)
        ),
        Check(whole, (f"state_bytes is damaged; {_ADVICE}.",)),
    ]
    for name, place in (("content", _CONTENT), ("style", _STYLE)):
        alike = _part(known, place, _HASH) == _hash(form, getattr(sent, name))
        checks.append(Check(alike, (f"{other} {name}; send the picture with which the run was begun.",)))
    return checks


def read_settings(state: tf.Tensor) -> Any:
    """Read the settings of a state that is at least a header; their values are still to be checked."""
    values = {}
    for number, (name, kind) in enumerate(TYPES._asdict().items()):
        spec = tf.TensorSpec((), tf.int32 if kind == tf.string else kind)
        value = _read(state, _SETTINGS + _NUMBER * number, spec)
        choices = SETTINGS[name].metadata.get("choices")
        values[name] = tf.gather(choices, tf.clip_by_value(value, 0, len(choices) - 1)) if choices else value
    return Settings(**values)


def is_begun(state: tf.Tensor) -> tf.Tensor:
    """Return whether a state has a position, a scalar bool."""
    return tf.strings.length(state) > HEADER


def position_check(form: StateFormat, state: tf.Tensor, plan: Stages) -> Check:
    """Return the check that a state's position is one of the plan, and as long as it must be."""
    stage, taken = _place(state)
    stages = tf.shape(plan.steps)[0]
    inside = (stage >= 0) & (stage < stages) & (taken >= 0) & (taken < _at(plan.steps, stage)) & (stage + taken > 0)
    pixels = tf.reduce_prod(tf.cast(_size(plan, stage, taken), tf.int64))
    size = HEADER + sum(_bytes(each, pixels) for each in tf.nest.flatten(form.spec._replace(targets={})))
    size += tf.where(taken > 0, sum(_bytes(each, pixels) for each in tf.nest.flatten(form.spec.targets)), 0)
    fits = inside & (tf.strings.length(state) == tf.cast(size, tf.int32))
    return Check(~is_begun(state) | fits, (f"state_bytes does not fit the sizes of this run; {_ADVICE}.",))


def read_position(form: StateFormat, state: tf.Tensor, plan: Stages) -> Position:
    """Read the position of a state that has one, and that has passed all checks."""
    stage, taken = _place(state)
    size = _size(plan, stage, taken)
    pixels = tf.reduce_prod(tf.cast(size, tf.int64))
    offset, tensors = tf.constant(HEADER, tf.int64), []
    for spec in tf.nest.flatten(form.spec._replace(targets={})):
        tensors.append(_read(state, offset, spec, size))
        offset += _bytes(spec, pixels)
    position = tf.nest.pack_sequence_as(form.spec._replace(targets={}), tensors)
    return position._replace(targets=_read_targets(form, state, offset, taken))  # type: ignore[no-any-return]


def _read_targets(form: StateFormat, state: tf.Tensor, offset: tf.Tensor, taken: tf.Tensor) -> Any:
    """Read the targets; where they will be measured anew, return zeros."""
    specs = tf.nest.flatten(form.spec.targets)

    def stored() -> list[tf.Tensor]:
        """Read what was measured."""
        sizes = [_bytes(spec, 0) for spec in specs]
        return [_read(state, offset + sum(sizes[:number]), spec) for number, spec in enumerate(specs)]

    values = tf.cond(taken > 0, stored, lambda: [tf.zeros(spec.shape, spec.dtype) for spec in specs])
    return tf.nest.pack_sequence_as(form.spec.targets, values)


def _written_settings(settings: Any) -> list[tf.Tensor]:
    written = []
    for name, value in settings._asdict().items():
        choices = SETTINGS[name].metadata.get("choices")
        written.append(_raw(tf.argmax(tf.equal(choices, value), output_type=tf.int32) if choices else value))
    return written


def _written_position(position: Position) -> list[tf.Tensor]:
    """Return a position's parts; the targets are left out where they will be measured anew."""
    measured = tf.strings.join([_raw(each) for each in tf.nest.flatten(position.targets)])
    others = [_raw(each) for each in tf.nest.flatten(position._replace(targets={}))]
    return [*others, tf.where(position.taken > 0, measured, b"")]


def _place(state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return stage and steps taken there, scalars; 0 if the state has no position."""
    padded = tf.strings.join([state, b"\0" * 2 * _NUMBER])
    stage, taken = tf.unstack(_read(padded, HEADER, tf.TensorSpec((2,), tf.int32)))
    return stage, taken


def _size(plan: Stages, stage: tf.Tensor, taken: tf.Tensor) -> tf.Tensor:
    """Return height and width of a position's picture: those of the size before if no step has been taken."""
    return _at(plan.sizes, tf.where(taken > 0, stage, stage - 1))


def _at(values: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    return values[tf.clip_by_value(index, 0, tf.shape(values)[0] - 1)]


def _shape(spec: tf.TensorSpec, pixels: Any) -> list[Any]:
    return [pixels, 3] if spec.shape.rank == 4 else spec.shape.as_list()


def _bytes(spec: tf.TensorSpec, pixels: Any) -> tf.Tensor:
    return spec.dtype.size * tf.reduce_prod(tf.cast([1, *_shape(spec, pixels)], tf.int64))


def _hash(form: StateFormat, text: tf.Tensor) -> tf.Tensor:
    """Return a keyed hash of a string, 16 bytes."""
    halves = [tf.strings.to_hash_bucket_strong(text, _MOST, key=key) for key in form.keys]
    return _raw(tf.stack(halves))


def _raw(tensor: tf.Tensor) -> tf.Tensor:
    """Return a tensor's bytes: they are the end of what TensorFlow's own format writes."""
    written, size = tf.io.serialize_tensor(tensor), tf.size(tensor) * tensor.dtype.size
    return tf.strings.substr(written, tf.strings.length(written) - size, size)


def _part(text: tf.Tensor, start: Any, size: Any) -> tf.Tensor:
    return tf.strings.substr(text, tf.cast(start, tf.int64), tf.cast(size, tf.int64))


def _read(text: tf.Tensor, start: Any, spec: tf.TensorSpec, size: Any = None) -> tf.Tensor:
    """Read a tensor; height and width of images are given."""
    shape = tf.concat([[1], size, [3]], axis=0) if spec.shape.rank == 4 else tf.constant(spec.shape.as_list(), tf.int32)
    count = tf.reduce_prod(tf.cast(shape, tf.int64)) * spec.dtype.size
    return tf.ensure_shape(tf.reshape(tf.io.decode_raw(_part(text, start, count), spec.dtype), shape), spec.shape)
