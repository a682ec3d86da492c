"""Checks in a graph: a sentence for the client, INVALID_ARGUMENT for the server."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

_SHOWN = 40
"""Bytes of a client's text that a message repeats."""


class Check(NamedTuple):
    """A condition, and the message if it does not hold.

    Attributes:
        holds: Scalar bool.
        parts: Strings and tensors, which are joined to a sentence.
    """

    holds: tf.Tensor
    parts: Sequence[Any]


def after_checks(checks: Sequence[Check], compute: Callable[[], Any]) -> Any:
    """Compute a result if all checks hold; otherwise fail with the sentence of the first that does not."""
    assertions: list[Any] = []
    for holds, parts in checks:
        with tf.control_dependencies(assertions):
            texts = [part if _is_text(part) else tf.strings.as_string(part) for part in parts]
            assertions = [tf.debugging.Assert(holds, [tf.strings.join(texts)], summarize=1)]
    with tf.control_dependencies(assertions):
        return compute()


def checked(value: tf.Tensor, condition: tf.Tensor, sentence: tf.Tensor | str) -> tf.Tensor:
    """Return a value if a condition holds; otherwise fail with INVALID_ARGUMENT and a sentence."""
    return after_checks([Check(condition, [sentence])], lambda: tf.identity(value))


def _is_text(part: Any) -> bool:
    return isinstance(part, str) or part.dtype == tf.string


def shown(text: tf.Tensor) -> tf.Tensor:
    """Return the beginning of a text that a client sent, for a message: always valid UTF-8."""
    return tf.strings.unicode_transcode(tf.strings.substr(text, 0, _SHOWN), "UTF-8", "UTF-8")
