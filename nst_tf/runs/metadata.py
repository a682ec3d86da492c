"""What a painting's file says of itself: what it was painted from, how, and with what result.

The notes are JSON in an XMP packet, in PNG, JPEG, WebP and TIFF alike. They hold no dates, no times and no names of
pictures, so that a run repeated from them gives the same file. Only `describe_painting` needs TensorFlow.
"""

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, UnidentifiedImageError

from nst_tf.config import WEIGHTS
from nst_tf.images.png_chunks import SIGNATURE
from nst_tf.images.png_reading import read_png
from nst_tf.images.xmp import make_packet, text_of
from nst_tf.runs.provenance import UNKNOWN, Provenance, as_json, parsed, provenance_of
from nst_tf.storage.path_checks import check_exists

if TYPE_CHECKING:
    from nst_tf.runs.painting import Painting
    from nst_tf.runs.progress import Progress

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")
"""Formats that carry notes."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How far a run had come when its picture was saved.

    Attributes:
        steps: Steps taken, at all sizes together.
        planned: Steps that there would have been.
        width: Of what was painted, in pixels.
        height: Likewise.
        loss: The picture's loss; of an intermediate, what its last step evaluated.
        terms: The terms it is the weighted sum of.
    """

    steps: int
    planned: int
    width: int
    height: int
    loss: float
    terms: Mapping[str, float]

    def __post_init__(self) -> None:
        """Raise `ValueError` for what is no number."""
        whole = (self.steps, self.planned, self.width, self.height)
        real = (self.loss, *self.terms.values()) if isinstance(self.terms, Mapping) else ("",)
        if not all(type(each) is int for each in whole) or not all(type(each) is float for each in real):
            raise ValueError(f"{UNKNOWN}: its ending must be numbers.")


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a picture carries.

    Attributes:
        provenance: What it was painted from, and how.
        ending: How far the run had come; None if its loss had ceased to be a number.
    """

    provenance: Provenance
    ending: Outcome | None = None

    def so_far(self, progress: "Progress") -> "Metadata":
        """Return the notes of an intermediate."""
        height, width = progress.size
        ending = Outcome(
            steps=progress.step,
            planned=progress.steps,
            width=width,
            height=height,
            loss=progress.loss,
            terms=progress.terms,
        )
        return Metadata(provenance=self.provenance, ending=ending)

    def at_end(self, painting: "Painting") -> "Metadata":
        """Return the notes of a painting."""
        _, height, width, _ = painting.image.shape
        ending = Outcome(
            steps=painting.steps,
            planned=painting.planned,
            width=width,
            height=height,
            loss=painting.loss,
            terms=painting.terms,
        )
        return Metadata(provenance=self.provenance, ending=ending)

    def as_json(self) -> str:
        """Return them as JSON, the same bytes every time."""
        return as_json(self)

    @classmethod
    def from_json(cls, text: str) -> "Metadata":
        """Read what `as_json` returned.

        Raises:
            ValueError: If it is no such thing, or a setting is wrong.
        """
        values: Any = parsed(text)
        try:
            ending = None if values["ending"] is None else Outcome(**values["ending"])
            return cls(provenance=Provenance.from_values(values["provenance"]), ending=ending)
        except (TypeError, KeyError) as error:
            raise ValueError(f"{UNKNOWN}: {error}.") from error

    def xmp(self) -> bytes:
        """Return the packet that `save_image` embeds."""
        config, version = self.provenance.config, self.provenance.versions["nst-tf"]
        reached = f"{self.ending.steps} steps of " if self.ending else ""
        network = config.weights if config.weights in WEIGHTS else "from a file"
        told = f"Neural style transfer, {reached}{config.optimizer}, network {network}; nst-tf info tells all"
        return make_packet(self.as_json(), tool=f"nst-tf {version}", description=told)


def describe_painting(painting: "Painting", content: str | os.PathLike[str], style: str | os.PathLike[str]) -> Metadata:
    """Return the notes of what `stylize` painted from two files, for `save_image`.

    Args:
        painting: What `stylize` returned.
        content: The photograph's file.
        style: The painting's file.

    Raises:
        OSError: If a file can't be read.
    """
    config = replace(painting.config, weights=painting.weights)
    return Metadata(provenance=provenance_of(Path(content), Path(style), config)).at_end(painting)


def read_metadata(path: str | os.PathLike[str]) -> Metadata:
    """Read the notes of a picture, also where another program has saved it and kept them.

    Raises:
        OSError: If there is no such file, or it can't be read.
        ValueError: If it is no picture, carries no notes, or damaged ones.
    """
    packet = _packet(Path(path))
    try:
        text = text_of(packet) if packet else None
    except ValueError as error:
        raise ValueError(f"The metadata (XMP) of {path} can't be read: {error}.") from error
    if text is None:
        raise ValueError(f"{path} carries no notes of nst-tf; only what it painted does, unless they were stripped.")
    try:
        return Metadata.from_json(text)
    except ValueError as error:
        raise ValueError(f"The notes in {path} can't be used. {error}") from error


def _packet(path: Path) -> bytes | None:
    """Return a picture's XMP packet."""
    check_exists(path, "picture")
    if not path.is_file():
        raise ValueError(f"{path} is not a file; notes are read from a picture.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb") as stream:
                if stream.read(len(SIGNATURE)) == SIGNATURE:  # other texts, however large, must not matter
                    return read_png(path.read_bytes()).metadata.get("xmp")
            with Image.open(path, formats=FORMATS) as file:
                packet = file.info.get("xmp")
                return packet if isinstance(packet, bytes) else None
    except UnidentifiedImageError:
        raise ValueError(f"{path} is not a picture of a format that carries notes ({', '.join(FORMATS)}).") from None
    except PermissionError:
        raise
    except Exception as error:  # the decoders raise all kinds of errors at damaged files
        raise ValueError(f"{path} can't be read as a picture: {error}.") from error
