"""Pictures that come from the standard input, and go to the standard output."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from nst_tf.errors import sentence
from nst_tf.storage.atomic_files import temporary_folder
from nst_tf_cli.terminal.console import FAILED, printable
from nst_tf_cli.terminal.errors import fail

STANDARD = Path("-")
"""The standard input or output, where a path is expected."""

INPUT, OUTPUT = "stdin", "stdout.png"
"""Names of the temporary files."""


@contextmanager
def picture_from_stdin() -> Iterator[Path]:
    """Store the standard input in a temporary file.

    Raises:
        ValueError: If it is a terminal, or empty.
    """
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None or sys.stdin.isatty():
        raise ValueError("A picture is expected on the standard input; pipe one into it, as in: - < photo.jpg")
    with _folder() as folder:
        with (folder / INPUT).open("xb") as file:
            shutil.copyfileobj(stream, file)
            if not file.tell():
                raise ValueError("A picture is expected on the standard input, but nothing came.")
        yield folder / INPUT


@contextmanager
def picture_to_stdout() -> Iterator[Path]:
    """Provide a path for a PNG, and write what is there in the end to the standard output.

    If that fails, the picture is kept in another folder, and the exit code is 1.

    Raises:
        ValueError: If it is a terminal.
    """
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None or sys.stdout.isatty():
        raise ValueError(
            "The picture would go to the standard output, which is a terminal; redirect it, as in: -o - > out.png"
        )
    with _folder() as folder:
        try:
            yield folder / OUTPUT
        finally:
            if (folder / OUTPUT).exists():
                _send(folder / OUTPUT, stream)


def _send(picture: Path, stream: BinaryIO) -> None:
    """Write a picture to a stream; keep it elsewhere if that fails."""
    from nst_tf.jobs.fallback_folder import save_to_fallback_folder

    try:
        with picture.open("rb") as file:
            shutil.copyfileobj(file, stream)
        stream.flush()
    except (OSError, ValueError) as error:  # the latter if it is closed
        kept = save_to_fallback_folder("painting.png", lambda path: _copy(picture, path))
        with contextlib.suppress(OSError, AttributeError):
            sys.stdout = None  # documented: there is none
        message = f"The picture can't be written to the standard output: {sentence(error)} It is in {kept}."
        fail(printable(message), FAILED)


def _copy(picture: Path, path: Path) -> None:
    shutil.copyfile(picture, path)


@contextmanager
def _folder() -> Iterator[Path]:
    """Provide a folder for a while."""
    with tempfile.TemporaryDirectory(prefix="nst-tf-", dir=temporary_folder(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)
