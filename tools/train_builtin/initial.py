"""The filters that a training begins with.

Nearly all networks that are trained on pictures end up with the same kinds of filters in the first layer: spots of a
color, and edges and lines, most of them colorless (Krizhevsky, Sutskever and Hinton 2012, figure 3). A short training
that must not rely on color does not get there: its first layer stays the noise that it began with, which paints
speckle and no color. So the first layer is drawn, and not trained: neither its filters, nor the gains and offsets
behind them. Spots have an offset such that their answers are seldom cut off, and a gain such that colors count beside
edges.
"""

import numpy as np

from nst_tf.weights.random_filters import smooth_kernel

# Columns: brightness, blue against yellow, red against green.
_COLORS = np.array([[0.577, 0.707, 0.408], [0.577, 0.0, -0.816], [0.577, -0.707, 0.408]])
_SMOOTH, _SLOPE, _BEND = np.array([1, 2, 1]) / 4, np.array([-1, 0, 1]) / 2, np.array([-1, 2, -1]) / 2
_SPOTS = 20
_SPOT_GAIN, _SPOT_OFFSET = 4.0, 2.0


def initial_filters(shape: tuple[int, int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a kernel `(3, 3, in, out)`: drawn for the first layer, smooth and random for the others."""
    kernel = drawn_filters()[..., : shape[3]] if shape[2] == 3 else smooth_kernel(shape, rng, keep_mean=False)
    return kernel.astype(np.float32)


def drawn_filters() -> np.ndarray:
    """Return 64 filters of norm one, `(3, 3, 3, 64)`, mixed so that the first few hold some of every kind."""
    gray, colors = np.eye(3)[0], np.eye(3)[1:]
    spots = [_filter(np.outer(_SMOOTH, _SMOOTH), color) for color in _sphere(_SPOTS)]
    edges = [_filter(_edge(turn), gray) for turn in np.arange(12) / 12]
    lines = [_filter(sign * _line(turn), gray) for turn in np.arange(4) / 8 for sign in (1, -1)]
    color_edges = [_filter(_edge(turn), color) for turn in np.arange(8) / 8 for color in colors]
    points = [_filter(sign * _point(spread), gray) for spread in (0.0, 1.0) for sign in (1, -1)]
    color_points = [_filter(sign * _point(0.5), color) for color in colors for sign in (1, -1)]
    ordered = [*spots, *edges, *lines, *color_edges, *points, *color_points]
    return np.stack([ordered[(23 * number) % len(ordered)] for number in range(len(ordered))], axis=-1)


def drawn_gains() -> tuple[np.ndarray, np.ndarray]:
    """Return what the drawn filters' answers, of mean zero and variance one, are multiplied by, and what is added."""
    spots = np.abs(drawn_filters().sum(axis=(0, 1))).max(axis=0) > 1e-9
    gains, offsets = np.where(spots, _SPOT_GAIN, 1.0), np.where(spots, _SPOT_OFFSET, 0.0)
    return gains.astype(np.float32), offsets.astype(np.float32)


def _filter(pattern: np.ndarray, color: np.ndarray) -> np.ndarray:
    """Combine a pattern `(3, 3)` and a color (brightness, blue-yellow, red-green) to a filter `(3, 3, 3)`."""
    combined = pattern[:, :, None] * (_COLORS @ color)
    return np.asarray(combined / np.linalg.norm(combined))


def _edge(turn: float) -> np.ndarray:
    angle = 2 * np.pi * turn
    return np.asarray(np.cos(angle) * np.outer(_SMOOTH, _SLOPE) + np.sin(angle) * np.outer(_SLOPE, _SMOOTH))


def _line(turn: float) -> np.ndarray:
    angle = 2 * np.pi * turn
    along, across, both = np.outer(_BEND, _SMOOTH), np.outer(_SMOOTH, _BEND), -2 * np.outer(_SLOPE, _SLOPE)
    return np.asarray(np.cos(angle) ** 2 * across + np.sin(angle) ** 2 * along + np.sin(2 * angle) / 2 * both)


def _point(spread: float) -> np.ndarray:
    """Return a bright point on dark ground: the sum of two lines, towards a chequerboard with `spread` 1."""
    lines = np.outer(_BEND, _SMOOTH) + np.outer(_SMOOTH, _BEND)
    return np.asarray((1 - spread) * lines + spread * 2 * np.outer(_BEND, _BEND))


def _sphere(count: int) -> np.ndarray:
    """Return unit vectors `(count, 3)` spread evenly, by the golden angle."""
    height = 1 - (2 * np.arange(count) + 1) / count
    angle, radius = np.pi * (3 - np.sqrt(5)) * np.arange(count), np.sqrt(1 - height**2)
    return np.stack([height, radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
