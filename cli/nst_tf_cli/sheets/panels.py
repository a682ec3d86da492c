"""Panels of pictures painted from the same inputs: what `sweep`, `preview`, `figures` and others share.

A finished picture is kept under a name that ends in the hash of all it depends on, so that a second run goes on where
the first one was interrupted, and never takes an old picture for a new one.
"""

import dataclasses
import functools
import hashlib
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nst_tf import __version__
from nst_tf.config import STARTS
from nst_tf.images.picture import Picture
from nst_tf.images.reading import load_image, load_start
from nst_tf.images.writing import check_output, save_image
from nst_tf.jobs.memory import plan_memory
from nst_tf.runs.provenance import file_sha256
from nst_tf.saved_styles import AnyStyle, SavedStyle, plan_run
from nst_tf.scales.plan import Stage
from nst_tf.storage.path_checks import check_folder_writable
from nst_tf.sweeps import Cell
from nst_tf_cli.sheets.contact_sheet import contact_sheet
from nst_tf_cli.sheets.total_progress import TotalProgress
from nst_tf_cli.terminal.announcement import device_name
from nst_tf_cli.terminal.console import FAILED, say
from nst_tf_cli.terminal.errors import fail, option_name
from nst_tf_cli.terminal.progress_bar import show_progress
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.signals import exit_code, stop_on_signal
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow

if TYPE_CHECKING:
    from nst_tf.runs.progress import Callback, Progress

LONGEST_LABEL = 80
"""Letters of a label that a file's name keeps."""

Image = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """Pictures that are painted from the same content and styles.

    Attributes:
        content: An image and its opacity.
        styles: One or more, likewise, or saved.
        cells: Labels and settings, row by row.
    """

    content: Picture
    styles: Sequence[AnyStyle]
    cells: Sequence[Cell]

    @functools.cached_property
    def picture_hashes(self) -> list[str]:
        """Hashes of the pictures, and of what opacity they have; those of saved styles."""
        return [each for picture in (self.content, *self.styles) for each in _hashes(picture)]

    @property
    def rows(self) -> list[str]:
        """Labels of the rows."""
        return list(dict.fromkeys(cell.row for cell in self.cells))

    @property
    def columns(self) -> list[str]:
        """Labels of the columns."""
        return list(dict.fromkeys(cell.column for cell in self.cells))

    def plan(self, cell: Cell) -> list[Stage]:
        """Return a cell's sizes and steps.

        Raises:
            ValueError: If a picture would be too small for the layers.
        """
        return plan_run(self.content, self.styles, cell.config)

    def cache_key(self, cell: Cell) -> str:
        """Hash all that a picture depends on: pictures, filters, settings, and the version; needs TensorFlow."""
        from nst_tf.network.precision import resolved_precision
        from nst_tf.weights.sources import load_weights

        config = cell.config
        settings = dataclasses.asdict(config) | {
            "weights": load_weights(config.weights, seed=config.seed).sha256,
            "precision": resolved_precision(config.precision),
            "start": config.start if config.start in STARTS else file_sha256(Path(config.start)),
        }
        return _hashed(json.dumps([__version__, *self.picture_hashes, settings], sort_keys=True).encode())[:16]

    def file(self, cell: Cell, folder: Path) -> Path:
        """Return where the picture of a cell is kept, or one under another label that is the same."""
        words = re.sub(r"[^\w.+-]+", "-", f"{cell.row} {cell.column}".strip().replace(" + ", "+"))[:LONGEST_LABEL]
        named = folder / f"{words}-{self.cache_key(cell)}.png"
        return named if named.exists() else next(folder.glob(f"*-{self.cache_key(cell)}.png"), named)

    def grid(self, folder: Path) -> list[list[Image]]:
        """Read all pictures, row by row."""
        images = [load_image(self.file(cell, folder)) for cell in self.cells]
        width = len(self.columns)
        return [images[start : start + width] for start in range(0, len(images), width)]


def paint_sheet(panel: Panel, output: Path, *, overwrite: bool, quiet: bool, force: bool) -> Report:
    """Write a contact sheet, and report where it and its pictures are."""
    begun = time.monotonic()
    write_sheet(panel, output, overwrite=overwrite, quiet=quiet, force=force)
    return Report(values=sheet_values(panel, output, time.monotonic() - begun), text=str(output))


def sheet_values(panel: Panel, output: Path, seconds: float) -> dict[str, Any]:
    """Return a contact sheet and its pictures as JSON values."""
    folder = output.with_suffix("")
    pictures = [{"path": str(panel.file(cell, folder)), "row": cell.row, "column": cell.column} for cell in panel.cells]
    return {"path": str(output), "pictures": pictures, "seconds": round(seconds, 3)}


def write_sheet(panel: Panel, output: Path, *, overwrite: bool, quiet: bool, force: bool) -> None:
    """Paint a panel into a folder beside the contact sheet, which is named like it, and write the sheet."""
    check_output(output, overwrite=overwrite)
    folder = output.with_suffix("")
    paint_panels([panel], folder, quiet=quiet, force=force)
    sheet = contact_sheet(panel.grid(folder), panel.rows, panel.columns)
    save_image(output, sheet, overwrite=overwrite)


def paint_panels(panels: Sequence[Panel], folder: Path, *, quiet: bool = False, force: bool = False) -> None:
    """Paint what is not yet in a folder, after all that can go wrong early has been looked at.

    Ctrl-C or SIGTERM ends the run after the current step, and exits with 130 or 143; finished pictures are kept.
    """
    check_folder_writable(folder, "pictures")
    for panel in panels:
        for cell in panel.cells:
            panel.plan(cell)
            if cell.config.start not in STARTS:
                load_start(cell.config.start)
    start_tensorflow()
    missing = _missing(panels, folder)
    _announce(panels, missing, quiet=quiet, force=force)
    folder.mkdir(exist_ok=True)
    total = TotalProgress(panel.plan(cell) for panel in missing for cell in panel.cells)
    message = "Stopping after this step; finished pictures are kept. Ctrl-C again quits at once."
    with stop_on_signal(message) as received, show_progress(quiet=quiet) as report:
        for panel in missing:
            _paint(panel, folder, total=total, report=report, received=received)


def _paint(
    panel: Panel, folder: Path, *, total: TotalProgress, report: "Callback", received: Callable[[], int]
) -> None:
    from nst_tf.errors import DivergedError
    from nst_tf.figures import paint_cells

    def watch(cell: Cell, now: "Progress") -> bool:
        """Show the progress of this panel within the total."""
        report(total.progress(panel.plan(cell), now))
        return received() > 0

    current = "the first picture"
    try:
        for cell, painting in paint_cells(panel.content, panel.styles, panel.cells, callback=watch):
            current = f"what comes after {cell.row} {cell.column}"
            if painting.steps < sum(stage.steps for stage in panel.plan(cell)) and received():
                break
            save_image(panel.file(cell, folder), painting.image)
            total.finish(panel.plan(cell))
    except DivergedError as error:
        fail(f"{error} This was {current}; finished pictures are in {folder}.", FAILED)
    if received() and total.done < total.work:
        message = f"Interrupted; {total.finished} of {total.count} pictures are in {folder}; run it again."
        fail(message, exit_code(received()))


def _missing(panels: Sequence[Panel], folder: Path) -> list[Panel]:
    """Return the panels with the cells that are not painted yet, each key once; make sure the others can be read."""
    keys: set[str] = set()
    left = []
    for panel in panels:
        cells = []
        for cell in panel.cells:
            file = panel.file(cell, folder)
            if file.exists():
                load_image(file)
            elif panel.cache_key(cell) not in keys:
                keys.add(panel.cache_key(cell))
                cells.append(cell)
        left.append(dataclasses.replace(panel, cells=cells))
    return left


def _announce(panels: Sequence[Panel], missing: Sequence[Panel], *, quiet: bool, force: bool) -> None:
    """Say in one line what is painted, and where, once it is sure that there is memory for it."""
    from nst_tf.weights.sources import load_weights

    cells = [(panel, cell) for panel in panels for cell in panel.cells]
    configs = [cell.config for _, cell in cells]
    for panel, cell in cells:
        _check_memory(panel, cell, force=force)
    names = {load_weights(config.weights, seed=config.seed).name for config in configs}
    left = sum(len(panel.cells) for panel in missing)
    if not quiet:
        network = ", ".join(sorted(names))
        say(f"Painting {left} of {len(configs)} pictures on {device_name()}, network {network}", err=True)


def _check_memory(panel: Panel, cell: Cell, *, force: bool) -> None:
    """Refuse a cell for which there is no memory."""
    size, styles = panel.plan(cell)[-1].size, [style.size for style in panel.styles]
    plan_memory(size, cell.config, force=force, styles=styles, label=option_name)


def _hashes(picture: AnyStyle) -> list[str]:
    if isinstance(picture, SavedStyle):
        return [picture.sha256]
    return [_hashed(str(part.shape).encode() + part.tobytes()) for part in picture if part is not None]


def _hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
