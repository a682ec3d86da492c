"""Metadata of a painting by a served model: what the client knows of it, which is less than a run's own metadata.

It is stored as that of any painting, and holds no dates, no addresses and no names of files. Imports no TensorFlow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nst_tf.images.png_chunks import with_text
from nst_tf.images.xmp import make_packet
from nst_tf.runs.metadata import SERVED, UNUSABLE, metadata_text
from nst_tf.runs.provenance import UNKNOWN, as_json, parsed
from nst_tf.version import __version__

_KEYWORD = b"XML:com.adobe.xmp"
"""Where XMP is in a PNG."""


@dataclass(frozen=True, kw_only=True)
class ServedMetadata:
    """What is known of a painting by a served model.

    Attributes:
        model: Name of the model.
        version: Version of the model; empty if the server did not tell.
        content: SHA-256 of the photograph's file.
        style: SHA-256 of the painting's file, or the name of a style in the model.
        settings: The settings, also those that are the model's own; None if they are not known.
        loss: The painting's loss; None if the server did not tell.
        client: Version of nst-tf that requested it.
    """

    model: str
    version: str
    content: str
    style: str
    settings: Mapping[str, float | str | None] | None
    loss: float | None
    client: str = __version__

    def __post_init__(self) -> None:
        """Raise `ValueError` for values of other types."""
        texts = (self.model, self.version, self.content, self.style, self.client)
        settings = {} if self.settings is None else self.settings
        values = settings.values() if isinstance(settings, Mapping) else [()]
        if not all(isinstance(each, str) for each in texts) or not all(
            each is None or type(each) in (int, float, str) for each in (self.loss, *values)
        ):
            raise ValueError(f"{UNKNOWN}: `{SERVED}` must hold texts, settings and a loss.")

    def as_json(self) -> str:
        """Serialize to JSON, the same bytes every time."""
        return f'{{"{SERVED}": {as_json(self)}}}'

    def embedded(self, png: bytes) -> bytes:
        """Return a PNG with this metadata; its pixels and everything else in it stay as they are.

        Raises:
            ValueError: If it is not a PNG.
        """
        packet = make_packet(
            self.as_json(),
            tool=f"nst-tf {self.client}",
            description="Neural style transfer by a served model; nst-tf info tells what is known",
        )
        return with_text(png, _KEYWORD, packet)


def read_served_metadata(path: Path) -> ServedMetadata | None:
    """Read the metadata of a painting by a served model; None if nst-tf itself has painted the picture.

    Raises:
        OSError: If the file does not exist, or can't be read.
        ValueError: If it is not a picture, or its metadata is missing or damaged.
    """
    text = metadata_text(path)
    try:
        values: Any = parsed(text)
        if not isinstance(values, dict) or SERVED not in values:
            return None
        return _from_parts(values[SERVED])
    except ValueError as error:
        raise ValueError(UNUSABLE.format(path=path, error=error)) from error


def _from_parts(noted: Any) -> ServedMetadata:
    names = [each.name for each in fields(ServedMetadata)]
    if not isinstance(noted, dict) or set(noted) != set(names):
        raise ValueError(f"{UNKNOWN}: `{SERVED}` must hold {', '.join(names)}.")
    return ServedMetadata(**noted)
