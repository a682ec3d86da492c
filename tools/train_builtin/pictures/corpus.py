"""The corpus: families of pictures, their frequencies, and how to draw one picture or all of a seed."""

import math
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from tools.train_builtin.pictures import (
    composites,
    fractals,
    leaves,
    lines,
    patterns,
    scenes,
    solids,
    spectra,
    strokes,
)
from tools.train_builtin.pictures.fields import Array, Rng
from tools.train_builtin.pictures.ink import Bytes, as_bytes

Family = Callable[[Rng, int], Array]

# How often each family is drawn, relative to the others.
FAMILIES: dict[Family, float] = {
    spectra.colored_noise: 6,
    spectra.channel_noise: 3,
    spectra.marble: 2,
    spectra.wood: 2,
    spectra.gradients: 2,
    spectra.agate: 2,
    leaves.dead_leaves: 12,
    strokes.brushed_motif: 8,
    strokes.wet_motif: 4,
    strokes.dabbed_motif: 4,
    strokes.hatched_motif: 4,
    patterns.cells: 5,
    patterns.waves: 5,
    patterns.tiles: 6,
    scenes.landscape: 8,
    scenes.town: 6,
    scenes.field_rows: 2,
    solids.spheres: 5,
    solids.boxes: 4,
    solids.rock: 5,
    solids.drapery: 3,
    solids.portrait: 4,
    lines.scribbles: 3,
    lines.contours: 2,
    lines.glyphs: 4,
    lines.twigs: 3,
    fractals.attractor: 3,
    fractals.julia: 2,
}
# The share of pictures that are made of one family, of two blended, of several cut out, of one repainted.
_MAKINGS = (0.6, 0.12, 0.1, 0.18)


def draw_picture(seed: int, index: int, *, size: int) -> Bytes:
    """Draw picture number `index` of a seed's corpus, independently of the others.

    Returns:
        uint8 `(size, size, 3)`, RGB.
    """
    rng = np.random.default_rng((seed, index))
    making = rng.choice(4, p=_MAKINGS)
    if making == 0:
        picture = _draw_family(rng, size)
    elif making == 1:
        picture = composites.blend(rng, _draw_family(rng, size), _draw_family(rng, size))
    elif making == 2:
        picture = composites.mosaic(rng, [_draw_family(rng, size) for _ in range(3)])
    else:
        picture = composites.repaint(rng, _draw_family(rng, size))
    return as_bytes(composites.develop(rng, picture))


def _draw_family(rng: Rng, size: int) -> Array:
    weights = np.array(list(FAMILIES.values()))
    family = list(FAMILIES)[rng.choice(len(weights), p=weights / weights.sum())]
    return np.clip(family(rng, size), 0, 1.2)


def draw_corpus(seed: int, count: int, *, size: int, workers: int) -> Iterator[Bytes]:
    """Draw pictures 0 to `count - 1` in order, in several processes.

    Args:
        seed: Determines every byte of a picture, together with its number.
        count: Number of pictures.
        size: Side in pixels.
        workers: Processes; with one, everything happens in this process.

    Yields:
        uint8 `(size, size, 3)` each.
    """
    jobs = [(seed, index, size) for index in range(count)]
    if workers <= 1:
        yield from map(_draw_job, jobs)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(_draw_job, jobs, chunksize=8)


def _draw_job(job: tuple[int, int, int]) -> Bytes:
    seed, index, size = job
    return draw_picture(seed, index, size=size)


def load_or_draw(path: Path, *, seed: int, count: int, size: int, workers: int) -> Bytes:
    """Read the corpus from a cache file, or draw it and write the file.

    Returns:
        uint8 `(count, size, size, 3)`.

    Raises:
        ValueError: The cache holds pictures of another number or size.
    """
    shape = (count, size, size, 3)
    if not path.exists():
        partial = path.with_suffix(".partial")
        cache = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=shape)
        for index, picture in enumerate(draw_corpus(seed, count, size=size, workers=workers)):
            cache[index] = picture
        cache.flush()
        del cache
        partial.rename(path)
    pictures: Bytes = np.load(path)
    if pictures.shape != shape:
        raise ValueError(f"{path} holds pictures {pictures.shape}, wanted {shape}; choose another --work or delete it")
    return pictures


def contact_sheet(pictures: list[Bytes], *, columns: int, thumb: int) -> Image.Image:
    """Lay pictures out in rows, each reduced to `thumb` pixels."""
    rows = math.ceil(len(pictures) / columns)
    sheet = Image.new("RGB", (columns * thumb, rows * thumb))
    for index, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize((thumb, thumb), Image.Resampling.BOX)
        sheet.paste(small, (index % columns * thumb, index // columns * thumb))
    return sheet


def family_samples(seed: int, each: int, *, size: int) -> list[Bytes]:
    """Draw `each` unmixed pictures of every family, for a contact sheet with one row per family."""
    return [
        as_bytes(family(np.random.default_rng((seed, number, index)), size))
        for number, family in enumerate(FAMILIES)
        for index in range(each)
    ]
