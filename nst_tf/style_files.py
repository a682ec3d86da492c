"""Style files: a `SavedStyle` in a file, without pickle, with checksums. Imports no TensorFlow."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf.config import BORDERS, LARGEST_SIZE, POOLINGS
from nst_tf.images.reading import load_picture
from nst_tf.layer_names import LAYERS, kernel_shape
from nst_tf.saved_styles import AnyStyle, Level, SavedStyle
from nst_tf.storage.arrays import read_arrays, write_arrays
from nst_tf.storage.path_checks import check_exists, check_writable

SUFFIX = ".nst"
"""How the names of style files end; they are recognized by their first bytes, too."""

FORMAT = 1
"""Version of the files."""

_SIGNATURE, _NOTE, _STEPS = b"PK\x03\x04", "note", 2**16 - 1


def is_style_file(path: Path) -> bool:
    """Tell a style file from a picture, by its name or by its first bytes."""
    if path.suffix.lower() == SUFFIX or not path.is_file():
        return path.suffix.lower() == SUFFIX
    with path.open("rb") as stream:
        return stream.read(len(_SIGNATURE)) == _SIGNATURE


def load_any_style(path: Path) -> AnyStyle:
    """Read a style file, or a picture.

    Raises:
        OSError: If the file does not exist, or can't be read.
        ValueError: If it is neither, or damaged.
    """
    return load_style(path) if is_style_file(path) else load_picture(path)


def write_style(path: Path, style: SavedStyle, *, overwrite: bool) -> None:
    """Write a style file, atomically.

    Raises:
        OSError: If the file can't be written.
    """
    check_writable(path, "style", overwrite=overwrite)
    write_arrays(path, _arrays(style))


def _arrays(style: SavedStyle) -> dict[str, npt.NDArray[Any]]:
    note = {
        "format": FORMAT,
        "size": style.size,
        "pooling": style.pooling,
        "border": style.border,
        "weights": style.weights,
        "weights_name": style.weights_name,
        "layers": style.layers,
        "energies": {level.longer: level.energies for level in style.levels},
    }
    arrays: dict[str, npt.NDArray[Any]] = {_NOTE: np.frombuffer(json.dumps(note).encode(), np.uint8)}
    for level in style.levels:
        for layer, gram in level.grams.items():
            scales, cosines = pack_gram(gram[0])
            arrays |= {f"{level.longer}/{layer}/scales": scales, f"{level.longer}/{layer}/cosines": cosines}
    return arrays


def load_style(path: str | Path) -> SavedStyle:
    """Read a style file.

    Raises:
        OSError: If the file does not exist, or can't be read.
        ValueError: If it is damaged, or another kind of file.
    """
    check_exists(Path(path), "style file")
    arrays = read_arrays(Path(path))
    try:
        note = json.loads(arrays[_NOTE].tobytes())
        if note["format"] != FORMAT:
            raise ValueError(f"it is of format {note['format']!r}, which this version of nst-tf does not know")
        return _parsed(note, arrays)
    except Exception as error:  # the JSON may hold anything
        reason = f"it has no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ValueError(f"{path} is damaged, or no style file: {reason[:200]}.") from error


def _parsed(note: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> SavedStyle:
    layers, (height, width), texts = note["layers"], note["size"], [note["weights"], note["weights_name"]]
    border = note.get("border", "zero")  # files of former versions do not say it
    sides = sorted(int(side) for side in note["energies"])
    energies = [note["energies"][str(side)] for side in sides]
    numbers = [value for each in energies for value in each.values()]
    whole = all(type(side) is int and 1 <= side <= 2**20 for side in (height, width))
    known = {*layers, *(name for each in energies for name in each)} <= set(LAYERS)
    if not (whole and known and layers and sides and sides[0] >= 1 and sides[-1] <= LARGEST_SIZE):
        raise ValueError("its sizes or layers are wrong")
    if note["pooling"] not in POOLINGS or border not in BORDERS or not all(isinstance(text, str) for text in texts):
        raise ValueError("its network is wrong")
    if len({tuple(each) for each in energies}) > 1 or not all(type(each) is float and each >= 0 for each in numbers):
        raise ValueError("its energies are wrong")
    levels = [
        Level(side, {layer: _gram(arrays, f"{side}/{layer}", layer) for layer in layers}, each)
        for side, each in zip(sides, energies, strict=True)
    ]
    return SavedStyle(
        size=(height, width),
        levels=tuple(levels),
        pooling=note["pooling"],
        border=border,
        weights=note["weights"],
        weights_name=note["weights_name"],
    )


def _gram(arrays: Mapping[str, npt.NDArray[Any]], name: str, layer: str) -> npt.NDArray[np.float32]:
    scales, cosines = arrays[f"{name}/scales"], arrays[f"{name}/cosines"]
    channels = kernel_shape(layer)[3]
    shapes = scales.shape == (channels,) and cosines.shape == (channels * (channels - 1) // 2,)
    kinds = scales.dtype == np.float32 and cosines.dtype == np.uint16
    if not (shapes and kinds and np.isfinite(scales).all()):
        raise ValueError(f"{name} is wrong")
    return unpack_gram(scales, cosines)[None]


def pack_gram(gram: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint16]]:
    """Store a Gram matrix in a quarter of its bytes: the roots of its diagonal, and the cosines between channels.

    Features are never negative, and so neither are cosines. In 16 bits, which are equidistant here, the error is a
    twentieth of that of half-precision numbers.

    Args:
        gram: `(C, C)`.

    Returns:
        The roots, `(C,)`, and the upper triangle of the cosines times 65535, `(C (C - 1) / 2,)`.
    """
    scales = np.sqrt(np.diag(gram).astype(np.float64))
    products = np.outer(scales, scales)
    cosines = np.divide(gram, products, out=np.zeros_like(products), where=products > 0)
    upper = cosines[np.triu_indices(len(gram), 1)]
    return scales.astype(np.float32), np.rint(np.clip(upper, 0, 1) * _STEPS).astype(np.uint16)


def unpack_gram(scales: npt.NDArray[np.float32], cosines: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Return the Gram matrix that `pack_gram` stored, `(C, C)`."""
    full = np.eye(len(scales))
    full[np.triu_indices(len(scales), 1)] = cosines / _STEPS
    full = np.maximum(full, full.T)
    gram: npt.NDArray[np.float32] = (full * np.outer(scales, scales)).astype(np.float32)
    return gram
