"""What is saved of a run, when and where: nothing that has been painted may be lost, whatever happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nst_tf.images.writing import check_output
from nst_tf.jobs.checkpoints import FINISHED
from nst_tf.jobs.fallback_folder import save_to_fallback_folder
from nst_tf.jobs.recording import Recording, common_period, save_trace, warn_on_failure, write_trace
from nst_tf.jobs.run_folder import Keeper
from nst_tf.storage.atomic import PREFIX
from nst_tf_cli.terminal.errors import FAILED, fail, sentence
from nst_tf_cli.terminal.signals import ignore_signals

if TYPE_CHECKING:
    from nst_tf.runs.metadata import Metadata
    from nst_tf.runs.progress import Callback, Progress

Image = npt.NDArray[np.float32]


class Run:
    """A run as its command sees it.

    Attributes:
        stopped: Whether it was interrupted.
        complete: Whether all that was asked for besides the picture is where it was asked for.
    """

    def __init__(
        self,
        output: Path,
        write: "Callable[[Path, Image, Metadata, bool], None]",
        notes: "Metadata",
        *,
        overwrite: bool,
        recording: Recording,
        keeper: Keeper | None,
    ) -> None:
        """Prepare.

        Args:
            output: The result.
            write: Writes a picture and its notes into a file, over an existing one if told so.
            notes: What pictures carry before the run has ended.
            overwrite: Whether the result may replace a file.
            recording: What to record.
            keeper: Keeps the run in a folder.
        """
        self.stopped, self.complete = False, True
        self._output, self._write, self._notes, self._overwrite = output, write, notes, overwrite
        self._recording, self._keeper = recording, keeper
        self._records: list[dict[str, Any]] = keeper.records if keeper else []
        self._latest: Progress | None = None

    @property
    def every(self) -> int | None:
        """Steps between two reports that are needed at the most."""
        return common_period(self._recording.every, self._keeper.every if self._keeper else None)

    @property
    def advice(self) -> str:
        """How to go on, if that is possible, to be put behind a sentence."""
        return f" {self._keeper.advice}" if self._keeper else ""

    @contextmanager
    def watched(self, report: "Callback", interrupted: Callable[[], int]) -> Iterator["Callback"]:
        """Provide the callback of the run, and leave what was recorded behind, however it ends.

        Args:
            report: Tells the user how far it is.
            interrupted: Tells whether to end.
        """
        keeper = self._keeper
        checkpoint, last = (warn_on_failure(each, "A checkpoint") for each in (keeper or _nothing, _saving(keeper)))
        resumed = keeper is not None and keeper.resumes
        recording = self._recording.callbacks(
            self._output, notes=self._notes, overwrite=self._overwrite, records=self._records, resumed=resumed
        )

        def watch(now: "Progress") -> bool:
            self._latest = now
            self.stopped = interrupted() > 0 and now.step < now.steps  # after the last step there is nothing to stop
            for each in (report, *recorders, last if self.stopped else checkpoint):
                each(now)
            return self.stopped

        try:
            with recording as recorders, self._kept_if_it_fails():
                yield watch
        finally:
            self._save_trace()

    def save(self, image: Image, notes: "Metadata | None" = None) -> Path:
        """Save the result with its notes, whatever key is pressed, and exit if it could only be saved elsewhere."""
        self._notes = notes or self._notes
        ignore_signals()
        overwrite = self._overwrite or self._owns(self._output)
        copy = self._copied(image)
        try:
            if self._keeper and copy:
                check_output(self._output, overwrite=overwrite)
                self._keeper.deliver(copy, self._output, overwrite=overwrite)
            else:
                self._write(self._output, image, self._notes, overwrite)
        except Exception as error:  # a painting of hours may not be lost to whatever this is
            where = copy or self._refuge(image, error)
            fail(f"{sentence(error)} The painting is in {where}.{self._advice_to_deliver(copy)}", FAILED)
        if self._keeper and not self.stopped:
            self._keeper.finish()
        return self._output

    @contextmanager
    def _kept_if_it_fails(self) -> Iterator[None]:
        """Save the last good picture of a run that fails, and say how to go on."""
        from nst_tf.errors import DivergedError

        try:
            yield
        except KeyboardInterrupt:
            if self._keeper is None:
                raise
            fail(f"Interrupted; the picture was not saved.{self.advice}", 130)
        except Exception as error:
            latest = self._latest.image() if self._latest else None
            image = error.image if isinstance(error, DivergedError) else latest
            if image is None:
                raise
            self.stopped = True
            saved = self.save(image)
            way = f" {saved} holds the last good picture; --start {saved} goes on from it."
            fail(f"{sentence(error)}{way}{'' if isinstance(error, DivergedError) else self.advice}", FAILED)

    def _copied(self, image: Image) -> Path | None:
        """Put the result into the run's folder first; it then is safe there, and known to be the run's own."""
        if self._keeper is None:
            return None
        step = f"interrupted-{self._latest.step if self._latest else 0:09d}" if self.stopped else FINISHED
        return self._keeper.keep(
            f"{step}{self._output.suffix.lower()}", lambda path: self._write(path, image, self._notes, True)
        )

    def _refuge(self, image: Image, error: Exception) -> Path:
        try:
            return save_to_fallback_folder("painting.png", lambda path: self._write(path, image, self._notes, False))
        except OSError as nowhere:
            fail(f"{sentence(error)} {nowhere}{self.advice}", FAILED)

    def _advice_to_deliver(self, copy: Path | None) -> str:
        if copy and not self.stopped:
            return f" When that is mended: {self.advice.strip()}"
        return self.advice

    def _save_trace(self) -> None:
        path, records = self._recording.trace, self._records
        if path is None:
            return
        overwrite = self._overwrite or self._owns(path)
        if self._keeper:
            self._keeper.keep(f"trace-{len(records):09d}.json", lambda copy: write_trace(copy, records))
        prefix = self._keeper.prefix if self._keeper else PREFIX
        self.complete = save_trace(path, records, overwrite=overwrite, prefix=prefix)

    def _owns(self, path: Path) -> bool:
        """Tell whether the run itself has left a file there."""
        return self._keeper is not None and self._keeper.owns(path)


def _nothing(_: "Progress") -> None:
    """Save nothing."""


def _saving(keeper: Keeper | None) -> "Callback":
    return keeper.save if keeper else _nothing
