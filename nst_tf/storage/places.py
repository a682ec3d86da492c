"""Whether a path is one of this machine's, is there, and can be written to: found out before any work."""

import errno
import os
import re
import tempfile
from pathlib import Path

from nst_tf.storage.atomic import PREFIX

SCHEMES = ("abfs", "az", "file", "ftp", "gs", "hdfs", "hf", "http", "https", "s3", "s3a", "sftp")
"""What addresses begin with, in front of `://`; others count as well if no folder is called like that."""

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)", re.IGNORECASE | re.DOTALL)  # `Path` makes one slash of two


def check_local(path: str | os.PathLike[str]) -> None:
    """Refuse an address, of the web or of a bucket, as it would be taken for a folder of that name.

    Raises:
        ValueError: If it is one.
    """
    found = _ADDRESS.match(os.fspath(path))
    if not found or (found[1].lower() not in SCHEMES and Path(f"{found[1]}:").is_dir()):
        return
    if found[1].lower() == "file":
        raise ValueError(f"A path is needed, and file:///{found[2]} is an address; give it as /{found[2]}.")
    raise ValueError(
        f"A path on this machine is needed, and {found[1]}://{found[2]} is an address; download what is there first, "
        "or upload the result afterwards."
    )


def absence(path: Path, noun: str = "") -> str:
    """Say why there is no file at a path: where a link leads, which folder is missing, or that it is not there.

    Args:
        path: Where there is none.
        noun: What to call it, with a space behind.
    """
    for part in (*reversed(path.parents), path):
        if part.is_symlink() and not part.exists():
            if _leads_nowhere(part):
                return f"{part} is a link that leads back to itself"
            return f"{part} is a link to {os.path.realpath(part)}, which is not there"
        if not part.exists():
            return f"there is no {noun}{path}" if part == path else f"there is no folder {part}"
        if part != path and not part.is_dir():
            return f"{part} is no folder"
    return f"{path} is a folder" if path.is_dir() else f"{path} is no file"


def check_there(path: Path, noun: str) -> None:
    """Make sure that there is something to read.

    Args:
        path: Where.
        noun: What to call it.

    Raises:
        ValueError: If it is an address.
        FileNotFoundError: If there is nothing.
    """
    check_local(path)
    if path.exists():
        return
    reason = absence(path, f"{noun} ")
    if reason == f"there is no {noun} {path}":
        raise FileNotFoundError(f"There is no {noun} {path}; check the name.")
    raise FileNotFoundError(f"There is no {noun} {path}: {reason}.")


def check_place(path: Path, noun: str, *, overwrite: bool) -> None:
    """Make sure that a file can be written.

    Args:
        path: Where; a link stays one, and what it points to is looked at.
        noun: What to call it.
        overwrite: Whether an existing file may be replaced.

    Raises:
        ValueError: If it is an address.
        OSError: If the folder is missing or can't be written to, or something is there that may not be replaced.
    """
    check_local(path)
    if _leads_nowhere(path):
        raise FileNotFoundError(f"{path} is a link that leads back to itself; name a file for the {noun}.")
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file for the {noun}.")
    if target.exists() and not target.is_file():
        raise FileExistsError(f"{path} is a device or a pipe; name a file for the {noun}.")
    if target.exists() and not overwrite:
        raise FileExistsError(
            f"{path} exists; choose another name, or allow it to be replaced with --overwrite (overwrite=True)."
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(_missing_folder(path, target, noun))
    refusal = _refusal(target.parent)
    if refusal and not (target.exists() and os.access(target, os.W_OK)):  # a file alone can be written to in its place
        folder = target.parent if path.is_symlink() else path.parent
        raise PermissionError(f"The folder {folder} can't be written to ({refusal}); choose another for the {noun}.")


def check_folder_place(path: Path, noun: str, *, parents: bool = False) -> None:
    """Make sure that files can be written into a folder, which may not be there yet.

    Args:
        path: The folder.
        noun: What its files are called.
        parents: Whether the folders above it may be missing, too.

    Raises:
        ValueError: If it is an address.
        OSError: If it is no folder, can't be made, or can't be written to.
    """
    check_local(path)
    if path.exists() and not path.is_dir():
        raise FileExistsError(f"{path} is no folder; name another for the {noun}.")
    if path.is_symlink() and not path.exists():
        raise FileNotFoundError(f"The {noun} need a folder, and {absence(path)}; make it first.")
    if not parents and not path.exists() and not path.parent.is_dir():
        raise FileNotFoundError(_missing_folder(path, path, noun))
    nearest = next(each for each in (path, *path.absolute().parents) if each.exists())
    if not nearest.is_dir():
        raise FileExistsError(f"{nearest} is no folder; name another for the {noun}.")
    if refusal := _refusal(nearest):
        raise PermissionError(f"The folder {nearest} can't be written to ({refusal}); choose another for the {noun}.")


def _missing_folder(path: Path, target: Path, noun: str) -> str:
    if path.is_symlink():
        return f"{path} is a link to {target}, and there is no folder {target.parent} for the {noun}; make it first."
    reason = f"{path.parent} is no folder" if path.parent.exists() else absence(path.parent, "folder ")
    if reason.startswith("there is no"):
        return f"T{reason[1:]} for the {noun}; make it first."
    return f"The {noun} can't be put into {path.parent}: {reason}."


def _leads_nowhere(path: Path) -> bool:
    """Tell whether links lead in a circle."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    except RuntimeError:  # Python's own word for it, up to 3.12
        return True
    return False


def _refusal(folder: Path) -> str | None:
    """Try whether files can be made in a folder, as rights alone do not tell; return why not."""
    try:
        handle, name = tempfile.mkstemp(dir=folder, prefix=PREFIX)
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return None
