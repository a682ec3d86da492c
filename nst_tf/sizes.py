"""Sizes: how large a picture is painted, and whether that is enough for the layers. Imports no TensorFlow."""

from nst_tf.config import DEFAULT_SIZE, StyleConfig
from nst_tf.layers import paper_name, smallest_side

Size = tuple[int, int]
"""Height and width in pixels."""


def painted_size(size: Size, config: StyleConfig) -> Size:
    """Return the content's size with the longer side `config.size`; without it, reduced to the default if larger."""
    longer = max(size)
    return _scaled(size, (min(longer, DEFAULT_SIZE) if config.size is None else config.size) / longer)


def style_size(size: Size, painted: Size, config: StyleConfig) -> Size:
    """Return the style's size with the longer side `config.style_scale` times the painted picture's."""
    return _scaled(size, config.style_scale * max(painted) / max(size))


def check_sizes(content: Size, style: Size, config: StyleConfig) -> None:
    """Raise `ValueError` if a picture will be too small for the deepest layer to see anything of it."""
    painted = painted_size(content, config)
    needed = smallest_side(config.layers)
    for name, (height, width) in (("content", painted), ("style", style_size(style, painted, config))):
        if min(height, width) < needed:
            layers = ", ".join(paper_name(layer) for layer in config.layers)
            raise ValueError(
                f"The {name} would be {width}x{height} px, but {layers} need a shorter side of at least {needed} px; "
                "choose a larger size, or layers of earlier blocks."
            )


def _scaled(size: Size, scale: float) -> Size:
    height, width = (max(1, round(side * scale)) for side in size)
    return height, width
