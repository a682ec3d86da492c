"""Mix the targets of several styles into those of one."""

from collections.abc import Sequence

import tensorflow as tf

from nst_tf.losses import Features
from nst_tf.targets import StyleTargets, by_region, energy_per_element


def mix_styles(styles: Sequence[StyleTargets], shares: Sequence[float]) -> StyleTargets:
    """Return the weighted mean of styles, as if one picture held them all, each on its share of the positions.

    A Gram matrix per position is a mean over positions, and so is the energy of features; both are averaged. The energy
    of a Gram matrix is no such mean: it is that of the mixture, so that a relative term is still divided by the energy
    of its own target. Nothing of this depends on the image, so that several styles cost nothing per step.

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
    return {
        name: tf.add_n([share * each[name] for each, share in zip(measured, shares, strict=True)])
        for name in measured[0]
    }
