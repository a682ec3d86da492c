"""Checks inside a graph: a sentence for the one who asked, INVALID_ARGUMENT for the server."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf


class Requirement(NamedTuple):
    """Something that must hold.

    Attributes:
        holds: Scalar bool.
        parts: Strings and tensors that make up the sentence if it does not.
    """

    holds: tf.Tensor
    parts: Sequence[Any]


def after(requirements: Sequence[Requirement], compute: Callable[[], Any]) -> Any:
    """Compute something if all requirements hold; otherwise fail with the sentence of the first that does not."""
    checks: list[Any] = []
    for holds, parts in requirements:
        with tf.control_dependencies(checks):
            texts = [part if _is_text(part) else tf.strings.as_string(part) for part in parts]
            checks = [tf.debugging.Assert(holds, [tf.strings.join(texts)], summarize=1)]
    with tf.control_dependencies(checks):
        return compute()


def require(value: tf.Tensor, condition: tf.Tensor, sentence: tf.Tensor | str) -> tf.Tensor:
    """Pass a value on if a condition holds; otherwise fail as INVALID_ARGUMENT, with a sentence."""
    return after([Requirement(condition, [sentence])], lambda: tf.identity(value))


def _is_text(part: Any) -> bool:
    return isinstance(part, str) or part.dtype == tf.string
