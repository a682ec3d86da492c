"""Serve nst-tf: a SavedModel for TF Serving, a local server, and a client for either.

    import nst_tf_serving

    nst_tf_serving.export("export/nst")

Importing this package imports nothing else; only the export loads TensorFlow.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nst_tf_serving.client.painting import request_painting as request_painting
    from nst_tf_serving.client.painting import request_painting_async as request_painting_async
    from nst_tf_serving.client.slices import RequestProgress as RequestProgress
    from nst_tf_serving.client.slices import SliceOptions as SliceOptions
    from nst_tf_serving.limits import Limits as Limits
    from nst_tf_serving.saved_model.exporter import export as export

_HOME = {
    "Limits": "limits",
    "RequestProgress": "client.slices",
    "SliceOptions": "client.slices",
    "export": "saved_model.exporter",
    "request_painting": "client.painting",
    "request_painting_async": "client.painting",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted([*globals(), *__all__])
