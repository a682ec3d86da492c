"""Dead leaves: overlapping random shapes, the classical model of natural pictures."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.train_builtin.pictures.fields import Array, IntArray, Rng, float32, grid, noise
from tools.train_builtin.pictures.ink import label_map, reduce
from tools.train_builtin.pictures.palettes import palette

# Corners and thickness of each shape.
_SHAPES = {
    "disc": (20, 1.0),
    "square": (4, 1.0),
    "needle": (4, 0.15),
    "triangle": (3, 1.0),
    "leaf": (10, 0.45),
}
_SHEETS = 4


@dataclass(frozen=True, kw_only=True)
class Litter:
    """Leaves in the order they fell, bottom first: centers and radii in pixels."""

    centers: Array
    radii: Array
    outlines: list[Array]


def dead_leaves(rng: Rng, size: int) -> Array:
    """Draw shapes of one kind or of two, flat, shaded or textured, with or without dark edges."""
    litter = _throw(rng, size)
    labels = label_map(size, litter.outlines)
    count = len(litter.radii) + 1
    colors = palette(rng, 8)[rng.integers(0, rng.integers(3, 9), count)]
    colors = float32(colors + rng.normal(size=(count, 3)) * 0.05)
    picture = colors[labels]
    if rng.random() < 0.5:
        picture += _texture(rng, labels, count)[..., None]
    if rng.random() < 0.5:
        picture *= _bend(rng, labels, litter)[..., None]
    if rng.random() < 0.3:
        picture[_edges(labels)] *= rng.uniform(0, 0.5)
    return reduce(picture)


def _throw(rng: Rng, size: int) -> Litter:
    """Place shapes whose radii follow a power law, as in nature: many small, few large."""
    count = int(rng.uniform(250, 900))
    small, large = rng.uniform(2.5, 7) * size / 256, rng.uniform(14, 60) * size / 256
    radii = rng.uniform(large**-2, small**-2, count) ** -0.5
    centers = rng.uniform(-0.05 * size, 1.05 * size, (count, 2))
    turn = rng.uniform(0, 2 * np.pi, count)
    if rng.random() < 0.5:
        turn = rng.uniform(0, np.pi) + rng.normal(size=count) * 0.25
    corners = [_corners(str(kind)) for kind in rng.choice(list(_SHAPES), 2)]
    along = np.stack([np.cos(turn), np.sin(turn)], -1)
    across = np.stack([-np.sin(turn), np.cos(turn)], -1)
    axes = radii[:, None, None] * np.stack([along, across], 1)
    kinds = rng.integers(0, rng.integers(1, 3), count)
    outlines = [c + corners[k] @ a for c, k, a in zip(centers, kinds, axes, strict=True)]
    return Litter(centers=centers, radii=radii, outlines=outlines)


def _corners(kind: str) -> Array:
    """Return the corners of a shape of radius one, `(K, 2)`."""
    count, thickness = _SHAPES[kind]
    angles = np.arange(count) * (2 * np.pi / count) + np.pi / 4
    return float32(np.stack([np.cos(angles), np.sin(angles) * thickness], -1))


def _texture(rng: Rng, labels: IntArray, count: int) -> Array:
    """Cut every leaf from one of a few textures: noise at several grains and directions."""
    size = labels.shape[0] // 2
    sheets = np.stack([_sheet(rng, size) for _ in range(_SHEETS)])
    start = rng.integers(0, sheets.size, count).astype(np.int32)
    line = np.arange(2 * size, dtype=np.int32) // 2
    place = (start[labels] + line[:, None] * size + line) % sheets.size
    return float32(sheets.ravel()[place] * rng.uniform(0.04, 0.16))


def _sheet(rng: Rng, size: int) -> Array:
    angle = rng.uniform(0, np.pi)
    field = noise(rng, size, rng.uniform(0.2, 1.4), stretch=rng.uniform(0.1, 1), angle=angle)
    return np.sign(field) if rng.random() < 0.2 else field


def _bend(rng: Rng, labels: IntArray, litter: Litter) -> Array:
    """Shade every leaf as if it were bent: bright on one side, dark on the other."""
    x, y = grid(labels.shape[0])
    size = labels.shape[0] // 2
    angle = rng.uniform(0, 2 * np.pi)
    toward = float32([np.cos(angle), np.sin(angle)])
    middle = float32(np.append(0, litter.centers @ toward))
    steepness = float32(np.append(0, rng.uniform(0.2, 0.6) / litter.radii))
    light = (x * toward[0] + y * toward[1]) * size - middle[labels]
    return float32(1 + light * steepness[labels])


def _edges(labels: IntArray) -> npt.NDArray[np.bool_]:
    """Find pixels whose right or lower neighbor belongs to another leaf, two pixels wide."""
    edge = np.zeros(labels.shape, bool)
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edge[1:] |= labels[1:] != labels[:-1]
    edge[:, :-1] |= edge[:, 1:]
    return edge
