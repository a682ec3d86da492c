"""Errors of jobs, with what a caller needs to explain how to recover."""

from pathlib import Path


class NoRunError(FileNotFoundError):
    """A folder holds no unfinished run.

    Attributes:
        folder: The folder, as the caller named it.
    """

    def __init__(self, folder: Path) -> None:
        """Store the folder."""
        super().__init__(f"{folder} holds no unfinished run.")
        self.folder = folder


class RunExistsError(FileExistsError):
    """A folder for a new run holds another one.

    Attributes:
        folder: The folder, as the caller named it.
    """

    def __init__(self, folder: Path) -> None:
        """Store the folder."""
        super().__init__(f"{folder} already holds a run; resume it, or name another folder.")
        self.folder = folder


class JobError(RuntimeError):
    """A job failed after it had begun to paint; its cause, if any, is the error that ended it.

    Attributes:
        reason: Why, in sentences.
        picture: Path of the picture painted so far; None if it could not be saved.
        folder: The run's folder, from which it can be resumed; None if it can't be.
    """

    def __init__(self, reason: str, *, picture: Path | None, folder: Path | None) -> None:
        """Store the reason and the places of what was saved."""
        super().__init__(f"{reason} The picture is in {picture}." if picture else reason)
        self.reason, self.picture, self.folder = reason, picture, folder


class NotPublishedError(JobError):
    """A picture could not be saved at its output path.

    Attributes:
        finished: Whether it is a finished painting in the run's folder, which resuming only has to publish.
    """

    def __init__(self, reason: str, *, picture: Path | None, folder: Path | None, finished: bool = False) -> None:
        """Store the reason and the places of what was saved."""
        super().__init__(reason, picture=picture, folder=folder)
        self.finished = finished


class RunFailedError(JobError):
    """A run ended by an error; the picture is the last good one."""
