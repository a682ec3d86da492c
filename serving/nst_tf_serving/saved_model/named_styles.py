"""The styles that are put into an exported model, each under a name that requests use."""

import re
from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf

from nst_tf_serving.graph.codecs.picture import decode
from nst_tf_serving.limits import Limits
from nst_tf_serving.tf_errors import strip_graph_trace

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
"""Names of styles, as a regular expression."""


def read_styles(files: Mapping[str, Path], limits: Limits) -> dict[str, bytes]:
    """Read pictures, and check that the model that they are put into can decode them.

    Args:
        files: Name to picture file, of a format that a request may send.
        limits: Limits of a request, which hold for these pictures, too.

    Raises:
        OSError: If a file can't be read.
        ValueError: If a name or a picture is not valid.
    """
    styles = {}
    for name, path in files.items():
        if not re.fullmatch(NAME, name):
            raise ValueError(
                "A style's name must be 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter "
                f"or digit; got {name!r}."
            )
        styles[name] = path.read_bytes()
        try:
            decode(tf.constant(styles[name]), max_bytes=limits.input_bytes, max_pixels=limits.input_pixels)
        except tf.errors.OpError as error:
            reason = strip_graph_trace(error.message)
            raise ValueError(f"The style {name} can't be put into the model: {path}: {reason}") from None
    return styles
