"""Versions of a model, in numbered folders as TF Serving reads them."""

from pathlib import Path

MODEL_FILE = "saved_model.pb"
"""File in every version's folder."""

ABOVE_ALL = 2**63
"""The smallest number that is not a version: TF Serving stores versions as signed 64-bit integers."""


def numbered(folder: Path) -> dict[int, Path]:
    """Map the numbers that are names in a folder to their paths, files and folders alike."""
    return {int(path.name): path for path in folder.iterdir() if _is_number(path.name)}


def find_version(folder: Path) -> tuple[int, Path]:
    """Return the highest version in a model's folder, or the folder itself if it is a version.

    Raises:
        FileNotFoundError: If the folder is missing, or holds no version.
    """
    if (folder / MODEL_FILE).is_file():
        name = folder.resolve().name
        return int(name) if _is_number(name) else 1, folder
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}; export a model into it first.")
    versions = [(number, path) for number, path in numbered(folder).items() if (path / MODEL_FILE).is_file()]
    if not versions:
        raise FileNotFoundError(
            f"{folder} must hold an exported model, as in {folder.name}/1/{MODEL_FILE}; it holds none."
        )
    return max(versions)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and int(name[:20]) < ABOVE_ALL
