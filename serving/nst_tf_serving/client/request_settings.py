"""What a client asks of a model: two pictures, and settings, those that are given and the model's own."""

from collections.abc import Mapping
from dataclasses import dataclass

from nst_tf.config import REQUEST_SETTINGS, StyleConfig
from nst_tf_serving.client.transport import Signatures, Value

DEFAULT_SIZE = 0
"""Size that stands for the served model's default."""


@dataclass(frozen=True, kw_only=True)
class PaintingRequest:
    """What is asked for.

    Attributes:
        content: The photograph, encoded.
        style: The style, encoded; or the name of one that is in the model.
        given: The settings that are given, by their names in `nst_tf.config.REQUEST_SETTINGS`.
        model: Name of the served model.
    """

    content: bytes
    style: bytes | str
    given: Mapping[str, float | str]
    model: str

    @property
    def named(self) -> bool:
        """Whether the style is one in the model."""
        return isinstance(self.style, str)

    @property
    def signature(self) -> str:
        """The signature that takes all settings; its defaults are the model's own."""
        return "stylize_named" if self.named else "stylize_bytes"

    @property
    def pictures(self) -> dict[str, Value]:
        """The inputs for the pictures."""
        return {"content_bytes": self.content, "style_name" if self.named else "style_bytes": self.style}


def all_settings(given: Mapping[str, float | str]) -> dict[str, float | str]:
    """Return all settings of a request, the missing ones with their defaults.

    Raises:
        ValueError: If a setting is unknown, or its value is invalid.
    """
    unknown = sorted(set(given) - set(REQUEST_SETTINGS))
    if unknown:
        raise ValueError(f"A request's settings must be among {', '.join(REQUEST_SETTINGS)}; got {', '.join(unknown)}.")
    config = StyleConfig(**given)  # type: ignore[arg-type]  # StyleConfig checks the types
    values = {name: getattr(config, name) for name in REQUEST_SETTINGS}
    return {name: DEFAULT_SIZE if value is None else value for name, value in values.items()}


def settings_to_send(request: PaintingRequest, known: Signatures) -> dict[str, Value]:
    """Return no settings, or all of them: those that are not given are the model's, as far as it says."""
    return _complete(request, known) if request.given or request.named else {}


def known_settings(request: PaintingRequest, known: Signatures) -> dict[str, float | str | None] | None:
    """Return the settings that a painting gets, as people write them; None if the model decides, and does not say."""
    if not (settings_to_send(request, known) or set(REQUEST_SETTINGS) <= set(_defaults(request, known))):
        return None
    return {name: _readable(name, value) for name, value in _complete(request, known).items()}


def _complete(request: PaintingRequest, known: Signatures) -> dict[str, Value]:
    own, given = _defaults(request, known), request.given
    settings = all_settings(given).items()
    return {name: own[name] if name in own and name not in given else value for name, value in settings}


def _defaults(request: PaintingRequest, known: Signatures) -> Mapping[str, Value]:
    signature = known.get(request.signature)
    return signature.defaults if signature else {}


def _readable(name: str, value: Value) -> float | str | None:
    """Return a setting as people write it: the float32 that is nearest to 0.05 is 0.05."""
    if name == "size" and value == DEFAULT_SIZE:
        return None
    if isinstance(value, float):
        return float(f"{value:.7g}")
    return value.decode(errors="replace") if isinstance(value, bytes) else value
