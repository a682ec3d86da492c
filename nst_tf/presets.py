"""The presets, and the settings in which a figure of the paper differs from them. Imports no TensorFlow."""

from typing import Any

from nst_tf.config import StyleConfig

FIGURE_SETTINGS: dict[str, Any] = {"size": 256, "steps": 150}
"""Settings in which a figure differs from the preset `paper`; figures are small because there are many."""


PRESETS: dict[str, dict[str, Any]] = {
    "fast": {"optimizer": "lbfgs", "steps": 4, "coarse_steps": 9},
    "balanced": {},
    "best": {"content_weight": 0.05, "steps": 120},
    "portrait": {"content_weight": 0.2, "content_layers": "conv3_2,conv4_2"},
    "paper": {
        "content_weight": 1e-4,
        "tv_weight": 0.0,
        "style_layers": "conv1_1,conv2_1,conv3_1,conv4_1,conv5_1",
        "normalization": "mean",
        "precision": "float32",
        "activations": "auto",
        "style_proportions": "content",
        "start": "noise",
        "scales": 1,
        "steps": 300,
        "optimizer": "lbfgs",
        "average_decay": 0.0,
    },
}
"""Maps a preset to the settings in which it differs from the defaults; `docs/defaults.md` compares them."""


def preset(name: str, **changes: Any) -> StyleConfig:
    """Return the configuration of a preset, with some settings changed.

    Args:
        name: `fast`, `balanced` (the defaults), `best`, `portrait` (for faces), or `paper` (as in Gatys, Ecker and
            Bethge 2015).
        changes: Fields of `StyleConfig`.

    Raises:
        ValueError: If there is no such preset, or a value is invalid.
    """
    if name not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}; got {name!r}.")
    return StyleConfig(**{**PRESETS[name], **changes})
