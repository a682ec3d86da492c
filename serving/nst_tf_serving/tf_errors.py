"""TensorFlow's error messages, without graph traces."""

import re

LONGEST_MESSAGE = 1024
"""Characters of an error message that are passed on; TF Serving truncates there, too."""


def strip_graph_trace(message: str) -> str:
    """Return an operation's own message, without the node names, functions and traces that TensorFlow adds."""
    message = re.sub(r"^Graph execution error:\s+", "", message)
    message = re.sub(r"^\{\{function_node [^}]*\}\}\s*", "", message)
    message = re.sub(r"\s*\[\[\{\{(?:function_)?node .*", "", message, flags=re.DOTALL)
    message = re.sub(r"^Detected at node .*?(?:<stack traces unavailable>|\n\n)\s*", "", message, flags=re.DOTALL)
    message = re.sub(r"\s*\[Op:\w+\].*", "", message, flags=re.DOTALL)
    assertion = re.match(r"assertion failed: \[(?P<said>[^\]]*)\]", message)
    return " ".join((assertion["said"] if assertion else message).split())[:LONGEST_MESSAGE] or "The model failed."
