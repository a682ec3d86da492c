"""What `nst-tf request` keeps of a painting that a server makes, on the way and when the run breaks off."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nst_tf.errors import sentence
from nst_tf.jobs.fallback_folder import save_to_fallback_folder
from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import check_writable
from nst_tf_cli.terminal.console import printable, say
from nst_tf_cli.terminal.job_messages import quoted

if TYPE_CHECKING:
    from nst_tf_serving.client.slices import RequestProgress

STATE = ".state"
"""Ending of the file from which a request goes on."""

_PREVIEW = ".jpg"


class KeptRun:
    """What a request keeps: a picture every few steps, and the last picture and state when it breaks off.

    Attributes:
        last: The last progress; None if there has been none, as of a model that does not paint in slices.
        picture: The last picture that was kept when the run broke off, if any.
        state_file: Where the state was kept when the run broke off, if it was.
        warnings: What went wrong and did not end the run.
    """

    def __init__(self, output: Path, *, every: int | None, state: Path | None, overwrite: bool) -> None:
        """Check that its files can be written.

        Args:
            output: The result; the others are beside it, under its name.
            every: Steps between two pictures; None for none.
            state: The file from which the request goes on, if it does; it may be replaced.
            overwrite: Whether existing files may be replaced.

        Raises:
            OSError: If a file can't be written, or exists.
        """
        self._output, self._every, self._overwrite = output, every, overwrite
        self._given = state
        self._state_file = state or output.with_suffix(STATE)
        self.last: RequestProgress | None = None
        self.picture: Path | None = None
        self.state_file: Path | None = None
        self._unfinished: RequestProgress | None = None
        self._written: set[Path] = set()
        self._failing = False
        self.warnings: list[str] = []
        if state is None and self._state_file.exists() and not overwrite:
            raise FileExistsError(
                f"{self._state_file} is there from an earlier request: --state {quoted(self._state_file)} goes on from "
                "it; --overwrite begins again."
            )
        check_writable(self._state_file, "state", overwrite=True)

    def note(self, progress: "RequestProgress") -> None:
        """Remember a progress, and keep its picture if it is due."""
        self.last = progress
        if progress.painting:
            return
        self._unfinished = progress
        if self._every and progress.step % self._every == 0:
            self._try_to_keep_picture(progress)

    def keep(self, command: Callable[[Path], str]) -> str:
        """Write the last picture and state, and say in a sentence where they are; if there are none, say nothing.

        Args:
            command: From the state's file to the command that goes on from it.
        """
        last = self._unfinished
        if last is None:
            return ""
        try:
            self.state_file = self._write_state(last.state)
        except OSError as error:
            return f"The state can't be saved: {sentence(error)}"
        going_on = f"{command(self.state_file)} goes on after step {last.step} of {last.steps}."
        try:
            self.picture = self._keep_picture(last)
        except OSError as error:
            return f"The picture can't be saved: {sentence(error)} {going_on}"
        return f"{self.picture} shows what was painted; {going_on}"

    def finish(self) -> None:
        """Remove the file from which the request has gone on, as the painting is there."""
        if self._given:
            with contextlib.suppress(OSError):
                self._given.unlink()

    def _write_state(self, state: bytes) -> Path:
        """Write the state to its file, or into another folder; return where it is."""
        try:
            with atomic_write(self._state_file, overwrite=True) as stream:
                stream.write(state)
        except OSError:
            return save_to_fallback_folder(self._state_file.name, lambda path: _write(path, state))
        return self._state_file

    def _try_to_keep_picture(self, progress: "RequestProgress") -> None:
        """Keep a picture if it can be written; warn on the first failure, and again only after a success."""
        try:
            self._keep_picture(progress)
        except OSError as error:  # the painting comes first
            if not self._failing:
                message = f"An intermediate can't be saved at step {progress.step}: {sentence(error)} Continuing."
                self.warnings.append(message)
                say(printable(f"Warning: {message}"), err=True)
            self._failing = True
        else:
            self._failing = False

    def _keep_picture(self, progress: "RequestProgress") -> Path:
        path = self._output.with_name(f"{self._output.stem}-{progress.step:05d}{_PREVIEW}")
        own = self._overwrite or self._given is not None or path in self._written
        with atomic_write(path, overwrite=own) as stream:
            stream.write(progress.preview)
        self._written.add(path)
        return path


def save_painting(png: bytes, output: Path, *, overwrite: bool) -> None:
    """Write the painting to its file.

    Raises:
        RuntimeError: If it could only be saved in another folder; the message says where.
        OSError: If it could not be saved at all.
    """
    try:
        with atomic_write(output, overwrite=overwrite) as stream:
            stream.write(png)
    except OSError as error:  # no error may lose what a server has painted for minutes
        elsewhere = save_to_fallback_folder(output.name, lambda path: _write(path, png))
        raise RuntimeError(f"{sentence(error)} The painting is {elsewhere}.") from error


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
