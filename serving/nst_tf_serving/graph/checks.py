"""Checks inside a graph: a sentence for the one who asked, INVALID_ARGUMENT for the server."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf


class Check(NamedTuple):
    """Something that must hold.

    Attributes:
        holds: Scalar bool.
        parts: Strings and tensors that make up the sentence if it does not.
    """

    holds: tf.Tensor
    parts: Sequence[Any]


def after_checks(checks: Sequence[Check], compute: Callable[[], Any]) -> Any:
    """Compute something if all checks hold; otherwise fail with the sentence of the first that does not."""
    assertions: list[Any] = []
    for holds, parts in checks:
        with tf.control_dependencies(assertions):
            texts = [part if _is_text(part) else tf.strings.as_string(part) for part in parts]
            assertions = [tf.debugging.Assert(holds, [tf.strings.join(texts)], summarize=1)]
    with tf.control_dependencies(assertions):
        return compute()


def checked(value: tf.Tensor, condition: tf.Tensor, sentence: tf.Tensor | str) -> tf.Tensor:
    """Pass a value on if a condition holds; otherwise fail as INVALID_ARGUMENT, with a sentence."""
    return after_checks([Check(condition, [sentence])], lambda: tf.identity(value))


def _is_text(part: Any) -> bool:
    return isinstance(part, str) or part.dtype == tf.string
