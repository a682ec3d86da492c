"""Check paths before any work: that they are local, exist, or can be written to."""

import errno
import os
import re
import tempfile
from pathlib import Path

from nst_tf.storage.atomic_files import PREFIX

SCHEMES = ("abfs", "az", "file", "ftp", "gs", "hdfs", "hf", "http", "https", "s3", "s3a", "sftp")
"""URL schemes that are always recognized; any other is, too, unless a folder has that name."""

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)", re.IGNORECASE | re.DOTALL)  # `Path` makes one slash of two


def address(path: str | os.PathLike[str]) -> str | None:
    """Return the URL that a text or a path stands for, even if `Path` made one slash of two; None for a local path."""
    found = _ADDRESS.match(os.fspath(path))
    if not found or (found[1].lower() not in SCHEMES and Path(f"{found[1]}:").is_dir()):
        return None
    return f"{found[1]}://{found[2]}"


def check_local(path: str | os.PathLike[str]) -> None:
    """Refuse a URL (of the web, or of a bucket), which `Path` would treat as a folder name.

    Raises:
        ValueError: If the path is a URL.
    """
    url = address(path)
    if url is None:
        return
    scheme, _, rest = url.partition("://")
    if scheme.lower() == "file":
        raise ValueError(f"A path is needed, but file:///{rest} is a URL; use /{rest}.")
    raise ValueError(f"A local path is needed, but {url} is a URL; download it first, or upload the result afterwards.")


def why_missing(path: Path, noun: str = "") -> str:
    """Explain why there is no file at a path: a broken link, a missing folder, or a missing file.

    Args:
        path: A path at which there is no file.
        noun: How the message refers to the file, with a space after it.
    """
    for part in (*reversed(path.parents), path):
        if part.is_symlink() and not part.exists():
            if _is_link_loop(part):
                return f"{part} is a link that points back to itself"
            return f"{part} is a link to {os.path.realpath(part)}, which does not exist"
        if not part.exists():
            return f"there is no {noun}{path}" if part == path else f"there is no folder {part}"
        if part != path and not part.is_dir():
            return f"{part} is not a folder"
    return f"{path} is a folder" if path.is_dir() else f"{path} is not a file"


def check_exists(path: Path, noun: str) -> None:
    """Check that a file or folder exists.

    Args:
        path: The path to check.
        noun: How error messages refer to it.

    Raises:
        ValueError: If the path is a URL.
        FileNotFoundError: If it does not exist.
    """
    check_local(path)
    if path.exists():
        return
    reason = why_missing(path, f"{noun} ")
    if reason == f"there is no {noun} {path}":
        raise FileNotFoundError(f"There is no {noun} {path}; check the name.")
    raise FileNotFoundError(f"There is no {noun} {path}: {reason}.")


def check_writable(path: Path, noun: str, *, overwrite: bool) -> None:
    """Check that a file can be written.

    Args:
        path: The path to check; links are followed.
        noun: How error messages refer to the file.
        overwrite: Whether an existing file may be replaced.

    Raises:
        ValueError: If the path is a URL.
        OSError: If the folder is missing or read-only, or the path exists and may not be replaced.
    """
    check_local(path)
    if _is_link_loop(path):
        raise FileNotFoundError(f"{path} is a link that points back to itself; name a file for the {noun}.")
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file for the {noun}.")
    if target.exists() and not target.is_file():
        raise FileExistsError(f"{path} is a device or a pipe; name a file for the {noun}.")
    if target.exists() and not overwrite:
        raise FileExistsError(f"{path} exists; choose another name, or allow it to be replaced with overwrite=True.")
    if not target.parent.is_dir():
        raise FileNotFoundError(_missing_folder(path, target, noun))
    reason = _why_read_only(target.parent)
    if reason and not (
        target.exists() and os.access(target, os.W_OK)
    ):  # a writable file in a read-only folder is overwritten in place
        folder = target.parent if path.is_symlink() else path.parent
        raise PermissionError(f"The folder {folder} can't be written to ({reason}); choose another for the {noun}.")


def check_folder_writable(path: Path, noun: str, *, parents: bool = False) -> None:
    """Check that files can be written into a folder, which need not exist yet.

    Args:
        path: The folder to check.
        noun: How error messages refer to its files.
        parents: Whether its parent folders may be missing, too.

    Raises:
        ValueError: If the path is a URL.
        OSError: If it is not a folder, can't be created, or can't be written to.
    """
    check_local(path)
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"{path} is not a folder; name another for the {noun}.")
    if path.is_symlink() and not path.exists():
        raise FileNotFoundError(f"The {noun} need a folder, and {why_missing(path)}; make it first.")
    if not parents and not path.exists() and not path.parent.is_dir():
        raise FileNotFoundError(_missing_folder(path, path, noun))
    nearest = next(each for each in (path, *path.absolute().parents) if each.exists())
    if not nearest.is_dir():
        raise FileExistsError(f"{nearest} is not a folder; name another for the {noun}.")
    if reason := _why_read_only(nearest):
        raise PermissionError(f"The folder {nearest} can't be written to ({reason}); choose another for the {noun}.")


def _missing_folder(path: Path, target: Path, noun: str) -> str:
    """Explain which folder is missing for a file."""
    if path.is_symlink():
        return f"{path} is a link to {target}, and there is no folder {target.parent} for the {noun}; make it first."
    reason = f"{path.parent} is not a folder" if path.parent.exists() else why_missing(path.parent, "folder ")
    if reason.startswith("there is no"):
        return f"T{reason[1:]} for the {noun}; make it first."
    return f"The {noun} can't be put into {path.parent}: {reason}."


def _is_link_loop(path: Path) -> bool:
    """Return whether a path contains a loop of links."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    except RuntimeError:  # what Python up to 3.12 raises at a loop
        return True
    return False


def _why_read_only(folder: Path) -> str | None:
    """Create and delete a temporary file in a folder, as permissions alone do not decide; return why that failed."""
    try:
        handle, name = tempfile.mkstemp(dir=folder, prefix=PREFIX)
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return None
