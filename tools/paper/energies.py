"""Fine detail in a painting of the preset `paper`, evaluation by evaluation, beside what its two pictures have."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

import nst_tf
from nst_tf.config import StyleConfig
from nst_tf.runs.progress import Progress
from nst_tf.transfer import fit_pictures
from tools.compare_networks.measures import power_density
from tools.judge.artifacts import band_power, specks

PERIODS = (2, 4)
"""Pixels: where colored noise would be."""

Echo = Callable[[str], None]


class Detail(NamedTuple):
    """What a picture has of the finest detail.

    Attributes:
        energies: Power at each of `PERIODS`.
        specks: How much single pixels stand out by hue.
    """

    energies: tuple[float, ...]
    specks: float


class Row(NamedTuple):
    """A painting after so many evaluations.

    Attributes:
        evaluations: Of L-BFGS.
        of_style: Power at each of `PERIODS`, divided by the style's.
        of_both: The same, divided by the larger of the style's and the photograph's.
        specks: Divided by the larger of the style's and the photograph's.
    """

    evaluations: int
    of_style: tuple[float, ...]
    of_both: tuple[float, ...]
    specks: float


def energies(content: Path, style: Path, config: StyleConfig, marks: Collection[int], *, echo: Echo) -> list[Row]:
    """Paint, and look at the painting after some of its evaluations, of which the last is one."""
    pictures = nst_tf.load_image(content), nst_tf.load_image(style)
    fitted, (style_fitted,), _ = fit_pictures(*pictures, config=config)
    photograph, source = (detail(np.asarray(each.image[0])) for each in (fitted, style_fitted))
    rows: list[Row] = []

    def look(evaluations: int, image: npt.NDArray[np.float32]) -> None:
        rows.append(_compared(evaluations, detail(image[0]), source, photograph))
        echo(f"{content.stem}, {style.stem}  {rows[-1]}")

    def watch(progress: Progress) -> None:
        if progress.step in marks and progress.step < config.steps:
            look(progress.step, progress.image())

    painting = nst_tf.stylize(*pictures, config=config, callback=watch, report_every=1)
    look(config.steps, painting.image)
    return rows


def detail(image: npt.NDArray[np.float32]) -> Detail:
    """Measure a picture, `(H, W, 3)`."""
    power = power_density(image)[0]
    return Detail(tuple(band_power(power, period) for period in PERIODS), specks(image))


def _compared(evaluations: int, painting: Detail, style: Detail, photograph: Detail) -> Row:
    larger = np.maximum(style.energies, photograph.energies)
    return Row(
        evaluations=evaluations,
        of_style=tuple(np.divide(painting.energies, style.energies).tolist()),
        of_both=tuple(np.divide(painting.energies, larger).tolist()),
        specks=painting.specks / max(style.specks, photograph.specks),
    )
