"""What an image is compared with: the measurements of a content and a style, and how they are combined."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nst_tf.losses import Features, energy

ENERGY_FLOOR = 0.01
"""Least divisor of a relative term, as a share of the other picture's energy."""


class ContentTargets(NamedTuple):
    """The content, as measured by the network.

    Attributes:
        features: Content layer to the content's features P, `(1, H, W, C)`.
        guides: Content layer to the factors of `opacity_guides`, `(1, H, W, 1)`, by which positions count; no layers if
            the content is opaque.
        style_guides: Style layer to the factors of its regions, `(1, H, W, R)`; no layers if all of it is one region.
        energy: Content layer to the energy of P per element, a scalar.
        gram_energy: Style layer to the energies per element of the content's own Gram matrices, `(R,)`.
        region_weights: Style layer to each region's share of the visible picture, `(R,)`; zero if it has no positions.
    """

    features: Features
    guides: Features
    style_guides: Features
    energy: Features
    gram_energy: Features
    region_weights: Features


class StyleTargets(NamedTuple):
    """The style, as measured by the network.

    Attributes:
        grams: Style layer to the style's Gram matrices A per position, `(R, C, C)`.
        energy: Style layer to the energies of A per element, `(R,)`.
        feature_energy: Content layer to the energy per element of the style's own features, a scalar.
        present: Style layer to 1 for each region that the style has there, else 0, `(R,)`.
    """

    grams: Features
    energy: Features
    feature_energy: Features
    present: Features


class Canvas(NamedTuple):
    """What is painted on where only a part of a photograph is painted.

    Attributes:
        photograph: `(1, H, W, 3)` in [0, 1].
        mask: Where to paint, `(1, H, W, 1)` in [0, 1].
    """

    photograph: tf.Tensor
    mask: tf.Tensor

    def show(self, image: tf.Tensor) -> tf.Tensor:
        """Return an image on the canvas; where the mask is 0, it is the photograph to the bit."""
        return self.photograph + self.mask * (image - self.photograph)


class Targets(NamedTuple):
    """What an image is compared with; constant at one size.

    Attributes:
        content: Content layer to the content's features P, `(1, H, W, C)`.
        grams: Style layer to the style's Gram matrices A per position, `(R, C, C)`, one for each region.
        content_energy: Content layer to the divisor of its relative term, a scalar.
        style_energy: Style layer to the divisors of its relative terms, `(R,)`.
        guides: Those of the content.
        style_guides: Those of the content.
        region_weights: Style layer to the weights of its regions, `(R,)`.
        canvas: The photograph if only a part of it is painted, else None.
    """

    content: Features
    grams: Features
    content_energy: Features
    style_energy: Features
    guides: Features
    style_guides: Features
    region_weights: Features
    canvas: Canvas | None = None

    def without_positions(self) -> "Targets":
        """Leave out everything that belongs to positions, which a block has its own part of."""
        return self._replace(content={}, guides={}, style_guides={}, canvas=None)


def join_targets(
    content: ContentTargets,
    style: StyleTargets,
    *,
    region_weights: tf.Tensor | None = None,
    canvas: Canvas | None = None,
) -> Targets:
    """Combine the measurements of a content and a style.

    A layer that hardly responds to one of the pictures would divide its relative term by almost zero and dominate the
    others. So the divisor is never less than a hundredth of the same layer's energy on the other picture.

    A region counts by its share of the content, so that the style is as strong in a small region as in a large one;
    Gatys et al. (2017) leave these weights open. It does not count in a layer where one of the pictures has none of it.

    Args:
        content: The content's measurements.
        style: The style's, of as many regions.
        region_weights: Strength of the style in each region, `(R,)`; 1 if None.
        canvas: The photograph if only a part of it is painted.
    """
    weights = {name: each * style.present[name] for name, each in content.region_weights.items()}
    return Targets(
        content=content.features,
        grams={name: style.grams[name] for name in content.gram_energy},
        content_energy={
            name: energy_with_floor(target, content.energy[name], style.feature_energy[name])
            for name, target in content.features.items()
        },
        style_energy={
            name: by_region(energy_with_floor, style.grams[name], style.energy[name], of_content)
            for name, of_content in content.gram_energy.items()
        },
        guides=content.guides,
        style_guides=content.style_guides,
        region_weights=weights if region_weights is None else {n: each * region_weights for n, each in weights.items()},
        canvas=canvas,
    )


def by_region(function: Callable[..., tf.Tensor], gram: tf.Tensor, *values: tf.Tensor) -> tf.Tensor:
    """Apply a function to each region's Gram matrix, `(1, C, C)`, and its values, scalars; return `(R,)`."""
    regions = range(gram.shape[0] or 1)
    return tf.stack([function(gram[r : r + 1], *(each[r] for each in values)) for r in regions])


def energy_per_element(tensor: tf.Tensor) -> tf.Tensor:
    """Return the mean of squares, a scalar that is comparable between pictures of different sizes."""
    return energy(tensor) / tf.cast(tf.size(tensor), tensor.dtype)


def energy_with_floor(target: tf.Tensor, per_element: tf.Tensor, of_other: tf.Tensor) -> tf.Tensor:
    """Return a target's energy, but at least a share of the other picture's.

    Args:
        target: Features or a Gram matrix.
        per_element: Its energy per element.
        of_other: The other picture's energy per element.
    """
    floor = tf.maximum(ENERGY_FLOOR * of_other, tf.constant(1e-12, per_element.dtype))
    count = target.size if isinstance(target, np.ndarray) else tf.size(target)  # no copy of a large array
    return tf.maximum(per_element, floor) * tf.cast(count, per_element.dtype)
