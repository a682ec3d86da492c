"""Neural style transfer by optimization (Gatys, Ecker and Bethge 2015), in TensorFlow and Keras.

    import nst_tf

    content, style = nst_tf.load_image("photo.jpg"), nst_tf.load_image("painting.jpg")
    painting = nst_tf.stylize(content, style, config=nst_tf.StyleConfig(steps=100))
    nst_tf.save_image("out.png", painting.image)

Importing this package imports nothing else: TensorFlow is loaded by the first function that needs it.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nst_tf.color import Picture
    from nst_tf.config import StyleConfig, preset
    from nst_tf.errors import MissingWeightsError
    from nst_tf.figures import reconstruct, sweep, synthesize_texture
    from nst_tf.image import load_image, load_picture, save_image
    from nst_tf.normalization import normalize_activations
    from nst_tf.notes import Notes, read_notes, take_notes
    from nst_tf.optimization import DivergedError
    from nst_tf.progress import Progress
    from nst_tf.snapshot import Snapshot
    from nst_tf.transfer import Painting, stylize
    from nst_tf.vgg19 import feature_model
    from nst_tf.weights.sources import load_weights

__version__ = "0.1.0"

_HOME = {
    "DivergedError": "optimization",
    "MissingWeightsError": "errors",
    "Notes": "notes",
    "Painting": "transfer",
    "Picture": "color",
    "Progress": "progress",
    "Snapshot": "snapshot",
    "StyleConfig": "config",
    "feature_model": "vgg19",
    "load_image": "image",
    "load_picture": "image",
    "load_weights": "weights.sources",
    "normalize_activations": "normalization",
    "preset": "config",
    "read_notes": "notes",
    "reconstruct": "figures",
    "save_image": "image",
    "stylize": "transfer",
    "sweep": "figures",
    "synthesize_texture": "figures",
    "take_notes": "notes",
}

__all__ = [
    "DivergedError",
    "MissingWeightsError",
    "Notes",
    "Painting",
    "Picture",
    "Progress",
    "Snapshot",
    "StyleConfig",
    "feature_model",
    "load_image",
    "load_picture",
    "load_weights",
    "normalize_activations",
    "preset",
    "read_notes",
    "reconstruct",
    "save_image",
    "stylize",
    "sweep",
    "synthesize_texture",
    "take_notes",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
