"""The picture as it is painted, above the bar of a terminal, drawn over itself."""

import shutil
import time
from typing import IO, TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from nst_tf_cli.terminal.graphics import Cells, Draw, fit

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from nst_tf.runs.progress import Callback, Progress

SECONDS = 1.0
"""Time between two pictures, at the least."""

SHARE = 0.05
"""Largest share of the time that drawing takes."""

LARGEST = Cells(80, 24)
"""Characters that a picture gets, at most."""

BELOW = 4
"""Lines that stay free for the bar and what is said after it."""


class LivePicture:
    """Draws pictures one over the other; the cursor is at the beginning of the line below before and after."""

    def __init__(self, draw: Draw, stream: IO[str]) -> None:
        """Draw nothing yet."""
        self._draw, self._stream, self._rows = draw, stream, 0

    def show(self, image: npt.NDArray[np.float32]) -> None:
        """Draw a picture.

        Args:
            image: `(1, H, W, 3)` in [0, 1].
        """
        pixels = Image.fromarray((image[0].clip(0, 1) * 255 + 0.5).astype(np.uint8))
        columns, lines = shutil.get_terminal_size()
        space = Cells(min(columns - 1, LARGEST.columns), max(1, min(lines - BELOW, LARGEST.rows)))
        cells = fit(pixels.size, space)
        up = f"\x1b[{self._rows}A" if self._rows else ""
        room = "\n" * cells.rows + f"\x1b[{cells.rows}A"
        self._stream.write(f"{up}\r{room}\x1b7{self._draw(pixels, cells)}\x1b8\x1b[{cells.rows}B")
        self._stream.flush()
        self._rows = cells.rows


def with_pictures(bar: "Bar", update: "Callback", draw: Draw) -> "Callback":
    """Return a callback that also draws the picture above the bar, now and then, and at the end.

    Args:
        bar: The bar, which is taken away meanwhile.
        update: Updates the bar.
        draw: Draws a picture.
    """
    picture, due = LivePicture(draw, bar.console.file), 0.0  # not stderr, which the bar filters

    def show(progress: "Progress") -> None:
        """Update the bar, and draw the picture if it is due."""
        nonlocal due
        update(progress)
        begun = time.monotonic()
        if begun < due and progress.step < progress.steps:
            return
        bar.live.transient = True  # taken away when it stops, and put below the picture again
        bar.stop()
        picture.show(progress.image())
        bar.live.transient = False
        bar.start()
        took = time.monotonic() - begun
        due = begun + max(SECONDS, took / SHARE)

    return show
