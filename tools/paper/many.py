"""Filters normalized on many pictures beside filters normalized on the two that are painted."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

import nst_tf
from nst_tf.config import StyleConfig
from nst_tf_cli.commands.weights import normalize
from nst_tf_cli.sheets.contact_sheet import contact_sheet
from tools.judge.described import make_eye
from tools.judge.verdict import Measures, describe_pair, verdict

Echo = Callable[[str], None]


class Both(NamedTuple):
    """One photograph in one style, painted with either network.

    Attributes:
        style: The painting's name.
        two: Image, by filters normalized on the two pictures.
        many: Image, by filters normalized on many.
        judged: What the judge says of either.
    """

    style: str
    two: npt.NDArray[np.float32]
    many: npt.NDArray[np.float32]
    judged: tuple[Measures, Measures]


def paint_both(
    content: Path, styles: Sequence[Path], pictures: Sequence[Path], config: StyleConfig, *, folder: Path, echo: Echo
) -> list[Both]:
    """Normalize on many pictures, as `nst-tf weights normalize` does, and paint with either network.

    Args:
        content: The photograph.
        styles: Paintings.
        pictures: What to normalize on.
        config: The preset `paper`, or a change of it.
        folder: Where the normalized filters go.
        echo: Told what the judge says.
    """
    file = folder / "normalized.npz"
    folder.mkdir(parents=True, exist_ok=True)
    size = config.size or nst_tf.load_image(content).shape[2]
    normalize(list(pictures), file, weights=config.weights, pooling=config.pooling, size=size, overwrite=True)
    ready = dataclasses.replace(config, weights=str(file), activations="unchanged")
    eye, photograph = make_eye(nst_tf.load_weights(config.weights)), nst_tf.load_image(content)
    found = []
    for path in styles:
        painting = nst_tf.load_image(path)
        two, many = (nst_tf.stylize(photograph, painting, config=each).image for each in (config, ready))
        pair = describe_pair(eye, photograph, painting, size=two.shape[1:3])
        judged = tuple(verdict(eye(image, image.shape[1:3]), pair) for image in (two, many))
        found.append(Both(path.stem, two, many, judged))  # type: ignore[arg-type]
        echo(f"{path.stem}  " + "; ".join(f"edges {each['edges']:.3f}, gram {each['gram']:.4f}" for each in judged))
    return found


def sheet(found: Sequence[Both]) -> npt.NDArray[np.float32]:
    """Lay the paintings out: one column a style, one row a network."""
    grid = [[each.two for each in found], [each.many for each in found]]
    return contact_sheet(grid, ["on the two", "on many"], [each.style for each in found])
