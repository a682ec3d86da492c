"""Mix the targets of several styles into those of one; take the targets of a saved style."""

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from nst_tf.images.picture import as_picture, numbered, several
from nst_tf.losses import Features
from nst_tf.saved_styles import AnyStyle, SavedStyle
from nst_tf.targets import StyleTargets, by_region, energy_per_element

Styles = npt.ArrayLike | AnyStyle | Sequence[npt.ArrayLike | AnyStyle]
"""What a caller passes as style: one, or a list of several."""


def as_styles(style: Styles) -> tuple[AnyStyle, ...]:
    """Check one or several styles that a caller passes, pictures and saved ones.

    Raises:
        ValueError: If a picture is malformed, or fully transparent.
    """
    given = several(style)
    pairs = ((numbered("style", number, len(given)), each) for number, each in enumerate(given, 1))
    return tuple(each if isinstance(each, SavedStyle) else as_picture(name, each) for name, each in pairs)


def targets_of_saved(style: SavedStyle, longer: int) -> StyleTargets:
    """Return the targets of a saved style, measured with a longer side of some pixels.

    Raises:
        ValueError: If it does not hold so large a size.
    """
    levels, shares = zip(*style.around(longer), strict=True)
    return mix_styles([_targets(level.grams, level.energies) for level in levels], shares)


def _targets(grams: Any, energies: Any) -> StyleTargets:
    tensors = {name: tf.constant(gram) for name, gram in grams.items()}
    return StyleTargets(
        grams=tensors,
        energy={name: by_region(energy_per_element, gram) for name, gram in tensors.items()},
        feature_energy={name: tf.constant(energy) for name, energy in energies.items()},
        present=dict.fromkeys(tensors, tf.ones(1)),
    )


def mix_styles(styles: Sequence[StyleTargets], shares: Sequence[float]) -> StyleTargets:
    """Return the weighted mean of styles at the layers that all of them have.

    It is what one picture would give that held them all, each on its share of the positions: a Gram matrix per position
    is a mean over positions, and so is the energy of features; both are averaged. The energy of a Gram matrix is no
    such mean. It is that of the mixture, so that a relative term is still divided by the energy of its own target.
    Nothing of this depends on the image, so that several styles cost nothing per step.

    Each region is that mean over the styles that have it.

    Args:
        styles: What `measure_style` returns for each.
        shares: A share for each; they add up to 1.
    """
    if len(styles) == 1:
        return styles[0]
    present = _mean([style.present for style in styles], shares)
    sums = _mean([style.grams for style in styles], shares)  # a region that a style does not have is zero there
    grams = {name: tf.math.divide_no_nan(gram, _of_regions(present[name], gram)) for name, gram in sums.items()}
    return StyleTargets(
        grams=grams,
        energy={name: by_region(energy_per_element, gram) for name, gram in grams.items()},
        feature_energy=_mean([style.feature_energy for style in styles], shares),
        present={name: tf.cast(each > 0, each.dtype) for name, each in present.items()},
    )


def _of_regions(values: tf.Tensor, gram: tf.Tensor) -> tf.Tensor:
    """Shape a value for each region, `(R,)`, so that it goes with Gram matrices, `(R, C, C)`."""
    return tf.cast(values, gram.dtype)[:, None, None]


def _mean(measured: Sequence[Features], shares: Sequence[float]) -> Features:
    names = [name for name in measured[0] if all(name in each for each in measured)]
    return {
        name: tf.add_n([share * each[name] for each, share in zip(measured, shares, strict=True)]) for name in names
    }
