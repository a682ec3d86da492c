"""Refusals that REST and gRPC share, in the same words: a model that is not here, and a deadline that has passed."""

from nst_tf_serving.rest.refusals import RequestError
from nst_tf_serving.server.loaded_model import LoadedModel
from nst_tf_serving.server_options import ServerOptions


def check_servable(
    model: LoadedModel, options: ServerOptions, *, name: str, version: int | None, label: str | None
) -> None:
    """Check that a request is for the model and the version that are here.

    Raises:
        RequestError: If it is not.
    """
    if label is not None:
        raise RequestError(f"Unrecognized servable version label: {label[:100]!r}; this server has no labels.")
    if name != options.name:
        raise RequestError(f"Servable not found: there is no model {name[:100]!r} here.", 404)
    if version not in (None, model.version):
        raise RequestError(
            f"Servable not found: version {version} of {options.name!r} is not here; version {model.version} is.",
            404,
        )


def deadline_passed(seconds: float) -> RequestError:
    """Return the error of a request that has taken too long."""
    return RequestError(
        f"The deadline of {seconds:g} s has passed; ask for fewer steps or a smaller size, "
        "or start the server with a longer one.",
        504,
    )
