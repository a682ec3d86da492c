"""Names and shapes of VGG-19's convolutions; the only place that maps the paper's names to Keras'.

A layer's name refers to the convolution's output after its ReLU. The network itself is `keras.applications.VGG19`,
which a test compares with the table here. Imports no TensorFlow, so that a misspelled layer is reported at once.
"""

from collections.abc import Iterable

BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
"""Convolutions and channels per block; a 2x2 pooling follows each (Simonyan and Zisserman 2015, table 1, E)."""

LAYERS = tuple(
    f"block{block}_conv{index}" for block, (count, _) in enumerate(BLOCKS, 1) for index in range(1, count + 1)
)
"""All sixteen names in the order of the network, as Keras spells them."""


def canonical_layer(name: str) -> str:
    """Return Keras' name of a layer that is given in Keras' (`block4_conv2`) or the paper's (`conv4_2`) spelling.

    Raises:
        ValueError: If VGG-19 has no such layer; the message lists all layers.
    """
    block, _, index = name.strip().removeprefix("conv").partition("_")
    candidate = f"block{block}_conv{index}" if name.strip().startswith("conv") else name.strip()
    if candidate not in LAYERS:
        short = ", ".join(paper_name(layer) for layer in LAYERS)
        raise ValueError(f"Unknown layer {name!r}; VGG-19 has {short} (or Keras' spelling, {LAYERS[0]} and so on).")
    return candidate


def paper_name(layer: str) -> str:
    """Return the paper's name of a layer: `conv4_2` for `block4_conv2`."""
    block, index = _position(layer)
    return f"conv{block}_{index}"


def deepest(layers: Iterable[str]) -> str:
    """Return the layer that comes last in the network."""
    return max(layers, key=LAYERS.index)


def kernel_shape(layer: str) -> tuple[int, int, int, int]:
    """Return the shape of a layer's filters, `(3, 3, channels in, channels out)`."""
    block, index = _position(layer)
    channels = BLOCKS[block - 1][1]
    before = channels if index > 1 else BLOCKS[block - 2][1] if block > 1 else 3
    return (3, 3, before, channels)


def smallest_side(layers: Iterable[str]) -> int:
    """Return the pixels that a picture's shorter side needs for each layer to have at least one position."""
    block, _ = _position(deepest(layers))
    return int(2 ** (block - 1))


def _position(layer: str) -> tuple[int, int]:
    block, index = layer.removeprefix("block").split("_conv")
    return int(block), int(index)
