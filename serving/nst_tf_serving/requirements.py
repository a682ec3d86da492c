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
            texts = [part if isinstance(part, str) else tf.strings.as_string(part) for part in parts]
            checks = [tf.debugging.Assert(holds, [tf.strings.join(texts)], summarize=1)]
    with tf.control_dependencies(checks):
        return compute()
