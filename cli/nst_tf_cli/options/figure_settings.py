"""Which settings the commands for the paper's figures take, and which they decide themselves."""

from nst_tf.config import StyleConfig

PAPER = "paper"
"""The preset of these commands."""

TERMS = ("content_weight", "style_weight", "content_layers", "style_layers", "start", "color", "color_map")
"""Settings that content alone and style alone decide themselves."""

VARIED = ("content_layers", "style_layers", "start", "pooling", "style_scale")
"""Settings that one of the figures varies."""

LAYERS = str(StyleConfig.style_layers)
"""Those of the paper's Figure 1."""
