"""Styles that are in the model, looked up by name in a graph."""

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from nst_tf_serving.graph.checks import Check, after_checks, shown


def with_named_style(styles: Mapping[str, bytes], name: tf.Tensor, compute: Callable[[tf.Tensor], Any]) -> Any:
    """Compute a result from the encoded style of a name, a scalar string; an unknown name fails with the known ones."""
    found = tf.equal(list(styles), name)
    message = f"style_name must be one of {', '.join(styles)}; got "
    known = Check(tf.reduce_any(found), (message, shown(name), "."))
    encoded = tf.gather(list(styles.values()), tf.argmax(tf.cast(found, tf.int32)))
    return after_checks([known], lambda: compute(encoded))
