"""One of several pictures in a file: pages of a TIFF, frames of an animation. Named `FILE#2`, counted from 1.

Imports neither TensorFlow nor, at import, Pillow.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_PAGE = re.compile(r"(.+)#([0-9]{1,9})", re.DOTALL)


def split_page(path: Path) -> tuple[Path, int | None]:
    """Split `FILE#2` into the file and the number; a file whose own name ends like this wins.

    Returns:
        The path as it is, and None, if it names no page of a file that exists.
    """
    match = _PAGE.fullmatch(path.name)
    if match is None or path.exists():
        return path, None
    file = path.with_name(match[1])
    return (file, int(match[2])) if file.is_file() else (path, None)


def page_stem(path: Path) -> str:
    """Return a file's name without its ending, for the name of a result; of the page `FILE.tif#2`, `FILE-2`."""
    file, page = split_page(path)
    return file.stem if page is None else f"{file.stem}-{page}"


def turn_to(file: "Image.Image", page: int) -> None:
    """Turn an opened file to a page.

    Raises:
        ValueError: If the file does not have it.
    """
    try:
        if page < 1:
            raise EOFError
        file.seek(page - 1)
    except EOFError:
        raise ValueError(missing_page(page, getattr(file, "n_frames", 1))) from None


def missing_page(page: int, count: int) -> str:
    """Return why a page can't be read from a file with so many."""
    return f"it has {count} page{'s' * (count > 1)}, counted from 1; there is no page {page}"
