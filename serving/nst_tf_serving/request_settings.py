"""Settings that a request may carry."""

SETTINGS = ("steps", "size", "content_weight", "style_weight", "tv_weight", "learning_rate", "seed")
"""Settings that a request may carry, as the signature `stylize_bytes` names them."""
