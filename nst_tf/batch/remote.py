"""Files at URLs, through fsspec: `s3://`, `gs://`, `abfs://`, `memory://` and all others that are installed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nst_tf.storage.path_checks import address


def is_remote(path: Path | None) -> bool:
    """Tell whether a path is a URL."""
    return path is not None and address(path) is not None


def file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it.

    Raises:
        ValueError: If fsspec, or what it needs for this kind of URL, is not installed.
    """
    try:
        import fsspec
    except ImportError:
        raise ValueError(f"{url} needs fsspec; install it: pip install 'nst-tf[urls]'") from None
    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise ValueError(f"{url} needs a package that is not installed: {' '.join(str(error).split())}") from None
    return system, path


def read_bytes(url: str) -> bytes:
    """Read a file.

    Raises:
        OSError: If it does not exist, or can't be read.
    """
    return _told(url, lambda system, path: system.cat_file(path))  # type: ignore[no-any-return]


def write_bytes(url: str, data: bytes) -> None:
    """Write a file; stores show it only when it is whole.

    Raises:
        OSError: If it can't be written.
    """

    def write(system: Any, path: str) -> None:
        """Write, and make the folder first where there are folders."""
        system.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        system.pipe_file(path, data)

    _told(url, write)


def exists(url: str) -> bool:
    """Tell whether there is a file.

    Raises:
        OSError: If the store can't be asked.
    """
    return bool(_told(url, lambda system, path: system.isfile(path)))


def download(url: str, path: Path) -> None:
    """Copy a file from a URL.

    Raises:
        OSError: If it does not exist, or can't be read.
    """
    path.write_bytes(read_bytes(url))


def files_in(url: str) -> list[str]:
    """Return the names of the files in a folder; none if there is no such folder.

    Raises:
        OSError: If the store can't be asked.
    """

    def names(system: Any, path: str) -> list[str]:
        """List the folder as it is now, not as it was."""
        system.invalidate_cache()
        if not system.isdir(path):
            return []
        return [
            each["name"].rstrip("/").rsplit("/", 1)[-1]
            for each in system.ls(path, detail=True)
            if each["type"] == "file"
        ]

    return _told(url, names)  # type: ignore[no-any-return]


def remove(url: str) -> None:
    """Remove a file, or a folder with all files in it; nothing if there is none.

    Raises:
        OSError: If it can't be removed.
    """
    _told(url, lambda system, path: system.rm(path, recursive=True) if system.exists(path) else None)


def _told(url: str, act: Callable[[Any, str], Any]) -> Any:
    """Act on a file system; raise any error of a store as an `OSError` that names the URL."""
    system, path = file_system(url)
    try:
        return act(system, path)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"There is no file {url}.") from error
    except Exception as error:  # stores raise all kinds of errors
        raise OSError(f"{url} can't be used: {type(error).__name__}: {' '.join(str(error).split())}.") from error


def walk(url: str) -> list[str]:
    """Return the paths of all files below a folder, of the files that a glob matches, or of one file.

    Raises:
        FileNotFoundError: If there is nothing.
        OSError: If the store can't be asked.
    """

    def names(system: Any, path: str) -> list[str]:
        """List the store as it is now."""
        system.invalidate_cache()
        if any(sign in path for sign in "*?["):
            return [name for name in system.glob(path) if system.isfile(name)]
        found = list(system.find(path))
        if not found:
            raise FileNotFoundError(path)
        return found

    return _told(url, names)  # type: ignore[no-any-return]
