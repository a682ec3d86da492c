"""Mix the targets of several styles into those of one."""

from collections.abc import Sequence

import tensorflow as tf

from nst_tf.losses import Features
from nst_tf.objective import StyleTargets, energy_per_element


def mix_styles(styles: Sequence[StyleTargets], shares: Sequence[float]) -> StyleTargets:
    """Return the weighted mean of styles, as if one picture held them all, each on its share of the positions.

    A Gram matrix per position is a mean over positions, and so is the energy of features; both are averaged. The energy
    of a Gram matrix is no such mean: it is that of the mixture, so that a relative term is still divided by the energy
    of its own target. Nothing of this depends on the image, so that several styles cost nothing per step.

    Args:
        styles: What `measure_style` returns for each.
        shares: A share for each; they add up to 1.
    """
    if len(styles) == 1:
        return styles[0]
    grams = _mean([style.grams for style in styles], shares)
    return StyleTargets(
        grams=grams,
        energy={name: energy_per_element(gram) for name, gram in grams.items()},
        feature_energy=_mean([style.feature_energy for style in styles], shares),
    )


def _mean(measured: Sequence[Features], shares: Sequence[float]) -> Features:
    return {
        name: tf.add_n([share * each[name] for each, share in zip(measured, shares, strict=True)])
        for name in measured[0]
    }
