"""Named arrays in `.npz` files, written atomically and read defensively.

NumPy's own reader trusts the file: a damaged one can claim any amount of memory. This one never allocates more than the
file's size, never unpickles, and raises one kind of error. Safetensors has no checksums; zip has one for each array.
"""

import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_tf.storage.atomic_files import atomic_write

Arrays = Mapping[str, npt.NDArray[Any]]
"""Name to array."""

FORMAT = (1, 0)
"""Version of NumPy's format; later ones are for structured types, which no array here has."""


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays to a file, atomically; an existing file is replaced.

    Raises:
        OSError: If the file can't be written.
    """
    with atomic_write(path, overwrite=True) as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read a file that `write_arrays` wrote, and verify its checksums.

    Raises:
        OSError: If the file does not exist, or can't be read.
        ValueError: If it is damaged, or another kind of file.
    """
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as file:
            if sum(member.file_size for member in file.infolist()) > size:
                raise ValueError("it claims to be larger than it is")
            return {member.filename.removesuffix(".npy"): _read(file, member) for member in file.infolist()}
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # zipfile raises all kinds of errors for damaged files
        raise ValueError(f"{path} is damaged, or not a file of nst-tf: {error}.") from error


def _read(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    """Read one array to the end, where its checksum is verified."""
    with file.open(member) as stream:
        if np.lib.format.read_magic(stream) != FORMAT:
            raise ValueError(f"{member.filename} is of an unknown version")
        shape, by_column, kind = np.lib.format.read_array_header_1_0(stream)
        data = stream.read()
    if kind.hasobject or by_column or math.prod(shape) * kind.itemsize != len(data):
        raise ValueError(f"{member.filename} does not match its header")
    return np.frombuffer(data, kind).reshape(shape)
