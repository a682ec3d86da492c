"""Pictures to paint, each painted once and cached in the work folder.

The file name is a hash of the network's filters, both picture files and all settings. It does not cover the library's
code: empty the work folder after changing how `nst_tf` paints.
"""

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nst_tf.config import StyleConfig
from nst_tf.images.reading import load_image
from nst_tf.images.writing import save_image
from nst_tf.runs.progress import Callback, Progress
from nst_tf.transfer import fit_pictures, stylize
from tools.compare_networks.sources import Network, Source

Echo = Callable[[str], None]
Image = npt.NDArray[np.float32]

REPORT_SECONDS = 20.0
"""Seconds between two progress lines of a picture."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One picture to paint.

    Attributes:
        network: The network.
        content: The photograph.
        style: The painting.
        settings: All other settings; weights and seed come from the network.
    """

    network: Network
    content: Source
    style: Source
    settings: StyleConfig

    @property
    def config(self) -> StyleConfig:
        """The settings with this network."""
        return dataclasses.replace(self.settings, weights=self.network.weights, seed=self.network.seed)

    @property
    def key(self) -> str:
        """Hash of everything that the picture depends on, without names."""
        settings = {name: value for name, value in dataclasses.asdict(self.config).items() if name != "weights"}
        recipe = [self.network.sha256, self.content.key, self.style.key, settings]
        return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()

    @property
    def label(self) -> str:
        """Label for progress lines."""
        pictures = dict.fromkeys((self.content.label, self.style.label))
        return f"{self.network.name}: {' + '.join(pictures)}"

    def file(self, work: Path) -> Path:
        """Return the path of the finished picture."""
        return work / "cells" / f"{self.key}.png"

    def inputs(self) -> tuple[Image, Image]:
        """Return photograph and painting as the network sees them, resized: `(H, W, 3)` in [0, 1] each."""
        content, (style,), _ = fit_pictures(self.content.load(), self.style.load(), config=self.config)
        return np.asarray(content.image[0]), np.asarray(style.image[0])

    def result(self, work: Path) -> Image:
        """Read the finished picture, `(H, W, 3)` in [0, 1], rounded to 8 bits."""
        return np.asarray(load_image(self.file(work))[0])


def paint_missing(cells: Iterable[Cell], work: Path, *, echo: Echo) -> None:
    """Paint the pictures missing from the work folder, in the given order, and report the time left."""
    cells = list(cells)
    missing = list({cell.key: cell for cell in cells if not cell.file(work).exists()}.values())
    echo(f"{len(cells)} pictures, {len(missing)} of them to paint")
    (work / "cells").mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    for done, cell in enumerate(missing):
        watch = _reporter(f"[{done + 1}/{len(missing)}] {cell.label}", done, len(missing), begun=begun, echo=echo)
        painting = stylize(cell.content.load(), cell.style.load(), config=cell.config, callback=watch)
        save_image(cell.file(work), painting.image, overwrite=True)


def _reporter(label: str, done: int, total: int, *, begun: float, echo: Echo) -> Callback:
    """Return a callback that prints a line at intervals and after the last step."""
    last = time.monotonic()

    def report(progress: Progress) -> None:
        """Print a line if one is due."""
        nonlocal last
        now = time.monotonic()
        if now - last < REPORT_SECONDS and progress.step < progress.steps:
            return
        last = now
        share = (done + progress.step / progress.steps) / total
        left = (now - begun) * (1 - share) / share
        echo(f"{label}  step {progress.step}/{progress.steps}  loss {progress.loss:.4g}  {_clock(left)} left")

    return report


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
