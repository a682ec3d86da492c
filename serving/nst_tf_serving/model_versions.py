"""A model's folder, which holds its versions in folders named by numbers, as TF Serving reads it."""

from pathlib import Path

MODEL_FILE = "saved_model.pb"
"""File that every version holds."""

ABOVE_ALL = 2**63
"""The least number that is none of a version's: TF Serving keeps them in 64 bits."""


def numbered(folder: Path) -> dict[int, Path]:
    """Map numbers to what they name in a folder, whatever it is."""
    return {int(path.name): path for path in folder.iterdir() if _is_number(path.name)}


def find_version(folder: Path) -> tuple[int, Path]:
    """Return the highest version in a model's folder, or the folder itself if it is a version.

    Raises:
        FileNotFoundError: If there is neither.
    """
    if (folder / MODEL_FILE).is_file():
        name = folder.resolve().name
        return int(name) if _is_number(name) else 1, folder
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}; export a model into it first.")
    versions = [(number, path) for number, path in numbered(folder).items() if (path / MODEL_FILE).is_file()]
    if not versions:
        raise FileNotFoundError(
            f"{folder} must hold an exported model, as in {folder.name}/1/{MODEL_FILE}; there is none."
        )
    return max(versions)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and int(name[:20]) < ABOVE_ALL
