"""Value and gradient of the loss block by block: exact, without all of the picture's features in memory.

Gram matrices are sums over positions, so a first pass over the blocks adds them up. The style term's gradient by them
is then known, and a second pass takes each block again: that gradient is put in at the features that the block owns,
and the whole gradient of its crop, halo included, is added to the picture's. Zeros are padded at the picture's own
border only.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_tf.block_functions import BlockFunctions, Counts, Crop, Share
from nst_tf.blocks import Block, divide, halo
from nst_tf.layer_names import smallest_side
from nst_tf.losses import Features
from nst_tf.objective import (
    Terms,
    TermWeights,
    content_guides,
    region_presence,
    region_weights,
    style_guides,
    weighted,
)
from nst_tf.targets import ContentTargets, StyleTargets, Targets, by_region, energy_per_element

Guides = tuple[Features, Features]
"""The factors of the content layers' features, and those of the style layers'."""


class BlockGradients(NamedTuple):
    """The functions of a recipe that look at a picture block by block.

    Attributes:
        functions: Those of one block.
        side: Longest side of a block, in pixels.
    """

    functions: BlockFunctions
    side: int

    def measure_content(self, image: Any, alpha: Any = None, regions: Any = None) -> ContentTargets:
        """Measure what `nst_tf.objective.measure_content` does; the features are NumPy's."""
        size, config, guides = image.shape[1:3], self.functions.config, self._guides(alpha, regions)
        features: dict[str, npt.NDArray[np.float32]] = {}
        products: dict[str, Any] = {}
        energies: dict[str, Any] = {}
        for block in self._blocks(size):
            found = self.functions.measure(_crop(image, guides, block))
            for name, part in found.features.items():
                if name not in features:
                    features[name] = np.empty((1, *_positions(name, size), part.shape[3]), np.float32)
                features[name][_owned(name, block)] = part
            _add(products, found.products)
            _add(energies, found.energies)
        grams = _means(products, size)
        return ContentTargets(
            features=features,
            guides=guides[0],
            style_guides=guides[1],
            energy={name: total / features[name].size for name, total in energies.items()},
            gram_energy={name: by_region(energy_per_element, gram) for name, gram in grams.items()},
            region_weights=region_weights(alpha, regions, guides[1], config),
        )

    def measure_style(self, image: Any, alpha: Any = None, regions: Any = None) -> StyleTargets:
        """Measure what `nst_tf.objective.measure_style` does."""
        size, config, guides = image.shape[1:3], self.functions.config, self._guides(alpha, regions)
        products: dict[str, Any] = {}
        energies: dict[str, Any] = {}
        channels: dict[str, int] = {}
        for block in self._blocks(size):
            found = self.functions.measure(_crop(image, guides, block))
            channels |= {name: part.shape[3] for name, part in found.features.items()}
            _add(products, found.products)
            _add(energies, found.energies)
        grams = _means(products, size)
        return StyleTargets(
            grams=grams,
            energy={name: by_region(energy_per_element, gram) for name, gram in grams.items()},
            feature_energy={name: total / (_count(name, size) * channels[name]) for name, total in energies.items()},
            present=region_presence(regions, guides[1], config),
        )

    def objective(self, image: Any, targets: Targets, weights: TermWeights) -> Terms:
        """Return the terms of the loss at an image."""
        share, counts, image = _nothing(), self._counts(image.shape[1:3]), _shown(image, targets)
        for block in self._blocks(image.shape[1:3]):
            crop = _crop(image, _guides_of(targets), block)
            share = _sum(share, self.functions.share(crop, _part(targets, block), counts))
        return weighted(weights, share.content, self._style(image, targets, weights)[0], share.tv)

    def evaluate(self, image: Any, targets: Targets, weights: TermWeights) -> tuple[Terms, npt.NDArray[np.float32]]:
        """Return the terms of the loss at an image, and its gradient."""
        size, canvas = image.shape[1:3], targets.canvas
        image = _shown(image, targets)
        style, by_grams = self._style(image, targets, weights)
        by_products = {name: each / _count(name, size) for name, each in by_grams.items()}
        gradient, share, counts = np.zeros(image.shape, np.float32), _nothing(), self._counts(size)
        for block in self._blocks(size):
            found, part = self.functions.gradient(
                _crop(image, _guides_of(targets), block), _part(targets, block), counts, by_products, weights
            )
            gradient[block.seen] += part.numpy()
            share = _sum(share, found)
        gradient = gradient if canvas is None else gradient * np.asarray(canvas.mask)
        return weighted(weights, share.content, style, share.tv), gradient

    def _style(self, image: Any, targets: Targets, weights: TermWeights) -> tuple[tf.Tensor, Features]:
        """Return the style term, and the gradient of its share of the loss by the Gram matrices."""
        products: dict[str, Any] = {}
        for block in self._blocks(image.shape[1:3]) if targets.grams else ():
            _add(products, self.functions.products(_crop(image, _guides_of(targets), block)))
        grams = _means(products, image.shape[1:3])
        term, by_grams = self.functions.style(grams, targets.without_positions(), weights)
        return term, by_grams

    def _blocks(self, size: Any) -> Iterator[Block]:
        return divide(size, self.side, halo(self.functions.config.layers))

    def _guides(self, alpha: Any, regions: Any) -> Guides:
        config = self.functions.config
        return content_guides(alpha, config), style_guides(alpha, regions, config)

    def _counts(self, size: Any) -> Counts:
        height, width = size
        steps = (height - 1) * width, height * (width - 1)
        positions = {name: tf.constant(_count(name, size)) for name in self.functions.config.content_layer_weights}
        return Counts(positions, tf.constant([3.0 * max(count, 1) for count in steps]))


def _shown(image: Any, targets: Targets) -> Any:
    return image if targets.canvas is None else targets.canvas.show(image)


def _guides_of(targets: Targets) -> Guides:
    return targets.guides, targets.style_guides


def _crop(image: Any, guides: Guides, block: Block) -> Crop:
    parts = (_parts(each, block) for each in guides)
    return Crop(tf.convert_to_tensor(image[block.seen]), tf.constant(block.inner), *parts)


def _part(targets: Targets, block: Block) -> Targets:
    """Return the targets of what a block owns."""
    return targets.without_positions()._replace(content=_parts(targets.content, block))


def _parts(arrays: Features, block: Block) -> Features:
    return {name: tf.convert_to_tensor(array[_owned(name, block)]) for name, array in arrays.items()}


def _owned(layer: str, block: Block) -> tuple[slice, slice, slice]:
    return block.owned(smallest_side([layer]))


def _positions(layer: str, size: Any) -> tuple[int, int]:
    """Return height and width of a layer."""
    scale = smallest_side([layer])
    return size[0] // scale, size[1] // scale


def _count(layer: str, size: Any) -> float:
    height, width = _positions(layer, size)
    return float(height * width)


def _means(products: Features, size: Any) -> Features:
    """Return Gram matrices, which are means over positions, from the sums."""
    return {name: product / _count(name, size) for name, product in products.items()}


def _nothing() -> Share:
    return Share(tf.constant(0.0), tf.constant(0.0))


def _sum(first: Share, second: Share) -> Share:
    return Share(first.content + second.content, first.tv + second.tv)


def _add(sums: dict[str, Any], parts: Features) -> None:
    for name, part in parts.items():
        sums[name] = sums[name] + part if name in sums else part
