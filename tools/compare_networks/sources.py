"""Pictures, whole or cropped, and networks to compare, each identified by a hash."""

import functools
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nst_tf.images.reading import load_image
from nst_tf.layer_names import LAYERS, kernel_shape
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf.weights.sources import load_weights

HE = "he"
"""The one source made here; all others are those of `nst_tf.load_weights`."""

_PREPROCESSED_DEVIATION = 58
"""Approximate standard deviation of photographs after Keras' VGG-19 preprocessing."""


@dataclass(frozen=True)
class Source:
    """A picture file, or a crop of it.

    Attributes:
        path: The file.
        box: Left, top, width and height as fractions of the picture's width and height; None for all of it.
    """

    path: Path
    box: tuple[float, float, float, float] | None = None

    @classmethod
    def parse(cls, text: str) -> "Source":
        """Parse `photo.jpg` or `photo.jpg@x,y,w,h`.

        Raises:
            ValueError: If the box is invalid, or leaves the picture.
        """
        crop = re.fullmatch(r"(.+)@([^@]*,[^@]*)", text)
        if crop is None:
            return cls(Path(text))
        try:
            x, y, width, height = (float(part) for part in crop[2].split(","))
        except ValueError:
            raise ValueError(f"a crop must be FILE@x,y,w,h, four fractions; got {text!r}") from None
        if min(x, y) < 0 or min(width, height) <= 0 or max(x + width, y + height) > 1 + 1e-9:
            raise ValueError(f"a crop must lie within the picture, 0 to 1 both ways; got {text!r}")
        return cls(Path(crop[1]), (x, y, width, height))

    @property
    def label(self) -> str:
        """Name for tables and captions."""
        return self.path.stem + (f"@{','.join(f'{part:g}' for part in self.box)}" if self.box else "")

    @property
    def key(self) -> str:
        """Hash of the file and the box."""
        return hashlib.sha256(f"{_file_hash(self.path)} {self.box}".encode()).hexdigest()

    def load(self) -> npt.NDArray[np.float32]:
        """Read the picture, cropped: `(1, H, W, 3)` in [0, 1]."""
        image = load_image(self.path)
        if self.box is None:
            return image
        height, width = image.shape[1:3]
        left, top, right, bottom = self.box[0], self.box[1], self.box[0] + self.box[2], self.box[1] + self.box[3]
        rows, columns = (
            slice(round(top * height), round(bottom * height)),
            slice(round(left * width), round(right * width)),
        )
        return image[:, rows, columns]


@functools.lru_cache(maxsize=64)
def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network to compare.

    Attributes:
        name: Name in tables and captions.
        weights: What `nst_tf.load_weights` accepts.
        seed: Seed of random weights.
        sha256: Hash of the filters.
    """

    name: str
    weights: str
    seed: int
    sha256: str

    @classmethod
    def parse(cls, text: str, *, work: Path, seed: int) -> "Network":
        """Parse `NAME=SOURCE`, or `SOURCE`, which is then also the name.

        Args:
            text: The source is `he` (independent random filters) or anything that `nst_tf.load_weights` accepts.
            work: Folder for the `he` filters.
            seed: Seed of random weights.
        """
        name, equals, source = text.partition("=")
        source = source if equals else name
        weights = str(write_he_network(work, seed)) if source == HE else source
        return cls(name=name, weights=weights, seed=seed, sha256=load_weights(weights, seed=seed).sha256)

    def load(self) -> NetworkWeights:
        """Load the filters."""
        return load_weights(self.weights, seed=self.seed)


def write_he_network(folder: Path, seed: int) -> Path:
    """Write a VGG-19 of independent Gaussian filters (He et al. 2015) into a folder, unless it exists.

    Biases are zero, so that the scale of a layer does not affect a relative loss; it is chosen such that activations
    are of the order of one.

    Returns:
        An `.npz` that `nst_tf.load_weights` accepts, in float16.
    """
    path = folder / f"he-{seed}.npz"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, **_he_arrays(seed))  # type: ignore[arg-type]
    partial.replace(path)
    return path


def _he_arrays(seed: int) -> dict[str, npt.NDArray[np.float16]]:
    generator, arrays = np.random.default_rng(seed), {}
    for layer in LAYERS:
        shape = kernel_shape(layer)
        kernel = generator.standard_normal(shape, np.float32) * np.sqrt(2 / np.prod(shape[:3]))
        arrays[f"{layer}/kernel"] = (kernel / _PREPROCESSED_DEVIATION if layer == LAYERS[0] else kernel).astype(
            np.float16
        )
        arrays[f"{layer}/bias"] = np.zeros(shape[-1], np.float16)
    return arrays
