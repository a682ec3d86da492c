"""Find the pictures that a user means by a folder, a glob or a URL."""

import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nst_tf.batch import remote
from nst_tf.images.paging import split_page
from nst_tf.storage.path_checks import address, why_missing

PICTURE_SUFFIXES = (
    ".jpg",
    ".jpeg",
    ".png",
    ".webp",
    ".tif",
    ".tiff",
    ".bmp",
    ".gif",
    ".heic",
    ".heif",
    ".avif",
    ".jp2",
    ".ppm",
)
"""Endings, in any case, of the files in a folder that are pictures; other files are left out."""

MAGIC = frozenset("*?[")
"""Characters that make a name a glob."""


class Source(NamedTuple):
    """A picture that was found.

    Attributes:
        path: Its path or URL.
        folder: Its folder below the one that was named, which the results mirror; empty if it was named itself.
        trouble: Why it can't be painted, if that is known already.
        ignored: Whether it is left out, as its name does not end as those of pictures do.
    """

    path: Path
    folder: Path = Path()
    trouble: str | None = None
    ignored: bool = False


def find_pictures(text: str, *, without: Path | None = None) -> list[Source]:
    """Return the pictures of a folder and all below it, of a glob, or the one file that is named, sorted by path.

    The arguments and errors are those of `find_files`.
    """
    return [source for source in find_files(text, without=without) if not source.ignored]


def find_files(text: str, *, without: Path | None = None) -> list[Source]:
    """Return the pictures that a path stands for, and the files beside them that are left out, sorted by path.

    Args:
        text: A path, a glob (`photos/**/*.jpg`), or a URL of either.
        without: A folder that is left out, as the results are written there.

    Raises:
        FileNotFoundError: If there is nothing at this path, or no picture.
        ValueError: If fsspec is needed and missing.
    """
    url = address(text)
    found = sorted(_remote(url) if url else _local(text, without))
    if all(source.ignored for source in found):
        others = f" ({len(found)} other {'file' if len(found) == 1 else 'files'})" if found else ""
        raise FileNotFoundError(
            f"There is no picture in {text}{others}; a picture ends in {', '.join(PICTURE_SUFFIXES)}."
        )
    return found


def _local(text: str, without: Path | None) -> Iterator[Source]:
    path, skipped = Path(text), None if without is None else Path(os.path.realpath(without))
    if os.path.lexists(path) or split_page(path)[1] is not None:
        if path.is_dir():
            yield from _below(path, Path(), (Path(os.path.realpath(path)),), skipped)
        else:
            yield Source(path)
    elif MAGIC & set(text):
        root = _fixed_part(path)
        for name in glob.glob(text, recursive=True):  # noqa: PTH207 (a pattern of any form)
            match = Path(name)
            inside = skipped is not None and skipped in Path(os.path.realpath(match)).parents
            if not match.is_dir() and not inside:
                yield Source(match, match.parent.relative_to(root))
    else:
        raise FileNotFoundError(f"There is no picture, folder or manifest {path}: {why_missing(path)}.")


def _fixed_part(pattern: Path) -> Path:
    """Return the folder of a glob before its first wildcard."""
    first = next(count for count, part in enumerate(pattern.parts) if MAGIC & set(part))
    return Path(*pattern.parts[:first])


def _below(folder: Path, below: Path, parents: tuple[Path, ...], skipped: Path | None) -> Iterator[Source]:
    """Yield the pictures in a folder and below it; links are followed, but never in a circle.

    Args:
        folder: The folder, as named.
        below: Its path below the folder that the user named.
        parents: The real paths of this folder and of all that lead to it.
        skipped: The real path of a folder to leave out.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Source(folder, below, f"The folder {folder} can't be read: {error.strerror or error}.")
        return
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith("."):
            continue
        if _is_folder(entry):
            yield from _folder(path, below, parents, skipped)
        else:
            yield Source(path, below, ignored=path.suffix.lower() not in PICTURE_SUFFIXES)


def _folder(path: Path, below: Path, parents: tuple[Path, ...], skipped: Path | None) -> Iterator[Source]:
    real = Path(os.path.realpath(path))
    if real == skipped:
        return
    if real in parents:
        yield Source(path, below, f"{path} is a link to a folder that it lies in, and is not followed.")
        return
    found = list(_below(path, below / path.name, (*parents, real), skipped))
    yield from found
    if all(source.ignored for source in found) and path.suffix.lower() in PICTURE_SUFFIXES:
        yield Source(path, below, f"A picture is needed, but {path} is a folder, with no picture in it.")


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that points back to itself, which the run reports
        return False


def _remote(url: str) -> Iterator[Source]:
    """Yield the pictures below a URL, or that match a glob."""
    scheme, _, named = url.partition("://")
    parts = named.strip("/").split("/")
    fixed = next((count for count, part in enumerate(parts) if MAGIC & set(part)), len(parts))
    for name in remote.walk(url):
        found = name.strip("/").split("/")
        ignored = Path(name).suffix.lower() not in PICTURE_SUFFIXES
        yield Source(Path(f"{scheme}://{'/'.join(found)}"), Path(*found[fixed:-1]), ignored=ignored)
