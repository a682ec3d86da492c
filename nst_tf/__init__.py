"""Neural style transfer by optimization (Gatys, Ecker and Bethge 2015), in TensorFlow and Keras.

    import nst_tf

    content, style = nst_tf.load_image("photo.jpg"), nst_tf.load_image("painting.jpg")
    painting = nst_tf.stylize(content, style, config=nst_tf.StyleConfig(steps=100))
    nst_tf.save_image("out.png", painting.image)

Importing this package imports nothing else: TensorFlow is loaded by the first function that needs it.
"""

import importlib
from typing import TYPE_CHECKING, Any

from nst_tf.version import __version__ as __version__

if TYPE_CHECKING:
    from nst_tf.config import StyleConfig as StyleConfig
    from nst_tf.errors import DivergedError as DivergedError
    from nst_tf.errors import MissingWeightsError as MissingWeightsError
    from nst_tf.figures import reconstruct as reconstruct
    from nst_tf.figures import sweep as sweep
    from nst_tf.figures import synthesize_texture as synthesize_texture
    from nst_tf.images.picture import Picture as Picture
    from nst_tf.images.reading import load_image as load_image
    from nst_tf.images.reading import load_picture as load_picture
    from nst_tf.images.regions import add_masks as add_masks
    from nst_tf.images.writing import save_image as save_image
    from nst_tf.network.activation_normalization import normalize_activations as normalize_activations
    from nst_tf.network.vgg19 import feature_model as feature_model
    from nst_tf.presets import preset as preset
    from nst_tf.runs.metadata import Metadata as Metadata
    from nst_tf.runs.metadata import describe_painting as describe_painting
    from nst_tf.runs.metadata import read_metadata as read_metadata
    from nst_tf.runs.painting import Painting as Painting
    from nst_tf.runs.progress import Progress as Progress
    from nst_tf.runs.snapshot import Snapshot as Snapshot
    from nst_tf.saved_styles import SavedStyle as SavedStyle
    from nst_tf.style_files import load_style as load_style
    from nst_tf.style_saving import save_style as save_style
    from nst_tf.stylizer import Stylizer as Stylizer
    from nst_tf.transfer import stylize as stylize
    from nst_tf.weights.sources import load_weights as load_weights

_HOME = {
    "DivergedError": "errors",
    "Metadata": "runs.metadata",
    "MissingWeightsError": "errors",
    "Painting": "runs.painting",
    "Picture": "images.picture",
    "Progress": "runs.progress",
    "SavedStyle": "saved_styles",
    "Snapshot": "runs.snapshot",
    "StyleConfig": "config",
    "add_masks": "images.regions",
    "Stylizer": "stylizer",
    "describe_painting": "runs.metadata",
    "feature_model": "network.vgg19",
    "load_image": "images.reading",
    "load_picture": "images.reading",
    "load_style": "style_files",
    "load_weights": "weights.sources",
    "normalize_activations": "network.activation_normalization",
    "preset": "presets",
    "read_metadata": "runs.metadata",
    "reconstruct": "figures",
    "save_image": "images.writing",
    "save_style": "style_saving",
    "stylize": "transfer",
    "sweep": "figures",
    "synthesize_texture": "figures",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
