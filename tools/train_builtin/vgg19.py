"""VGG-19 in tables and constants. Imports no framework."""

from collections.abc import Mapping

# Filters of every convolution, block by block.
BLOCKS = ((64, 64), (128, 128), (256, 256, 256, 256), (512, 512, 512, 512), (512, 512, 512, 512))
FILTERS: Mapping[str, int] = {
    f"block{b}_conv{i}": count for b, block in enumerate(BLOCKS, 1) for i, count in enumerate(block, 1)
}
LAYERS = tuple(FILTERS)

# The means that keras.applications.vgg19.preprocess_input subtracts from 0 to 255: blue, green, red.
CHANNEL_MEANS = (103.939, 116.779, 123.68)
# The training also divides by this, for about unit variance; `fold` moves it into the first kernel.
INPUT_SCALE = 58.0

BATCH_NORM_EPSILON = 1e-5


def narrowed(width: float) -> dict[str, int]:
    """Return the number of filters of every layer, times a factor."""
    return {name: max(1, round(count * width)) for name, count in FILTERS.items()}
