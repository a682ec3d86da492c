"""Metadata of a painting, stored in its file: the provenance and the outcome of its run.

It is JSON in an XMP packet, in PNG, JPEG, WebP, TIFF and AVIF alike. It holds no dates, no times and no names of
pictures, so that a run repeated from it gives the same file. Only `describe_painting` needs TensorFlow.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, UnidentifiedImageError

from nst_tf.config import WEIGHTS
from nst_tf.images.png_chunks import SIGNATURE
from nst_tf.images.png_reading import read_png
from nst_tf.images.regions import Masks, mask_files
from nst_tf.images.xmp import make_packet, text_of
from nst_tf.runs.provenance import UNKNOWN, Provenance, as_json, parsed, provenance_of
from nst_tf.storage.path_checks import check_exists

if TYPE_CHECKING:
    from nst_tf.runs.painting import Painting
    from nst_tf.runs.progress import Progress

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "AVIF")
"""Formats that can carry metadata."""

SERVED = "served"
"""Key of the metadata of a painting by a served model, see `served_metadata`."""

UNUSABLE = "The metadata of {path} can't be used. {error}"
"""Message about metadata that is damaged."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Progress and loss of a run when its picture was saved.

    Attributes:
        steps: Steps taken, at all sizes together.
        planned: Planned steps, at all sizes together.
        width: Width of the image, in pixels.
        height: Height of the image, in pixels.
        loss: The picture's loss; for an intermediate picture, the loss evaluated in its last step.
        terms: The terms whose weighted sum is the loss.
    """

    steps: int
    planned: int
    width: int
    height: int
    loss: float
    terms: Mapping[str, float]

    def __post_init__(self) -> None:
        """Raise `ValueError` for values that are not numbers."""
        whole = (self.steps, self.planned, self.width, self.height)
        real = (self.loss, *self.terms.values()) if isinstance(self.terms, Mapping) else ("",)
        if not all(type(each) is int for each in whole) or not all(type(each) is float for each in real):
            raise ValueError(f"{UNKNOWN}: `ending` must hold numbers.")


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """Metadata of a picture.

    Attributes:
        provenance: The provenance of the picture.
        ending: The outcome of the run; None if its loss was no longer finite.
    """

    provenance: Provenance
    ending: Outcome | None = None

    def so_far(self, progress: "Progress") -> "Metadata":
        """Return the metadata of an intermediate picture."""
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
        """Return the metadata of a painting."""
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
        """Serialize to JSON, the same bytes every time."""
        return as_json(self)

    @classmethod
    def from_json(cls, text: str) -> "Metadata":
        """Parse the result of `as_json`.

        Raises:
            ValueError: If it is not valid metadata, or a setting is wrong.
        """
        values: Any = parsed(text)
        if isinstance(values, dict) and SERVED in values:
            raise ValueError("A served model painted it, and not all settings are known; nst-tf info shows what is.")
        try:
            ending = None if values["ending"] is None else Outcome(**values["ending"])
            return cls(provenance=Provenance.from_values(values["provenance"]), ending=ending)
        except (TypeError, KeyError) as error:
            raise ValueError(f"{UNKNOWN}: {error}.") from error

    def xmp(self) -> bytes:
        """Return the XMP packet that `save_image` embeds."""
        config, version = self.provenance.config, self.provenance.versions["nst-tf"]
        progress = f"{self.ending.steps} steps of " if self.ending else ""
        network = config.weights if config.weights in WEIGHTS else "from a file"
        description = f"Neural style transfer, {progress}{config.optimizer}, network {network}; nst-tf info tells all"
        return make_packet(self.as_json(), tool=f"nst-tf {version}", description=description)


def describe_painting(
    painting: "Painting",
    content: str | os.PathLike[str],
    style: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    content_mask: Masks = (),
    style_mask: Masks = (),
) -> Metadata:
    """Return the metadata of a painting that `stylize` made from files, for `save_image`.

    Args:
        painting: Result of `stylize`.
        content: The content's file.
        style: The style's file, or a list of several.
        content_mask: The content's mask, or a list of several.
        style_mask: The styles' masks, in the same form.

    Raises:
        OSError: If a file can't be read.
    """
    config = replace(painting.config, weights=painting.weights, block=painting.block)
    styles = [style] if isinstance(style, (str, os.PathLike)) else style
    masks = mask_files(content_mask), mask_files(style_mask)
    provenance = provenance_of(Path(content), [Path(each) for each in styles], config, masks=masks)
    return Metadata(provenance=provenance).at_end(painting)


def read_metadata(path: str | os.PathLike[str]) -> Metadata:
    """Read the metadata of a picture, even if another program has saved it again.

    Raises:
        OSError: If the file does not exist, or can't be read.
        ValueError: If it is not a picture, or its metadata is missing or damaged.
    """
    text = metadata_text(path)
    try:
        return Metadata.from_json(text)
    except ValueError as error:
        raise ValueError(UNUSABLE.format(path=path, error=error)) from error


def metadata_text(path: str | os.PathLike[str]) -> str:
    """Read the metadata of a picture as JSON, of which only the outermost form is known to be right.

    Raises:
        OSError: If the file does not exist, or can't be read.
        ValueError: If it is not a picture, or its metadata is missing.
    """
    packet = _packet(Path(path))
    try:
        text = text_of(packet) if packet else None
    except ValueError as error:
        raise ValueError(f"The metadata (XMP) of {path} can't be read: {error}.") from error
    if text is None:
        raise ValueError(f"{path} has no nst-tf metadata; only paintings by nst-tf have it, unless it was removed.")
    return text


def _packet(path: Path) -> bytes | None:
    """Return a picture's XMP packet; None if there is none."""
    check_exists(path, "picture")
    if not path.is_file():
        raise ValueError(f"{path} is not a file; metadata is read from a picture.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb") as stream:
                if stream.read(len(SIGNATURE)) == SIGNATURE:  # read within a bound, whatever the size of other texts
                    return read_png(path.read_bytes()).metadata.get("xmp")
            with Image.open(path, formats=FORMATS) as file:
                packet = file.info.get("xmp")
                return packet if isinstance(packet, bytes) else None
    except UnidentifiedImageError:
        raise ValueError(f"{path} is not a picture in a format with metadata ({', '.join(FORMATS)}).") from None
    except PermissionError:
        raise
    except Exception as error:  # decoders raise all kinds of errors for damaged files
        raise ValueError(f"{path} can't be read as a picture: {error}.") from error
