"""What a slice costs besides its steps, by processor time: ten steps from a state against ten without a cut."""

import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from nst_tf.config import StyleConfig
from nst_tf.network.vgg19 import feature_model
from nst_tf_serving.graph.request_settings import default_settings
from nst_tf_serving.graph.run import ServedRecipe
from nst_tf_serving.graph.signatures import make_module
from nst_tf_serving.limits import Limits

STEPS = 10


def slice_costs(size: int, *, rounds: int) -> list[float]:
    """Return the ratios of a slice of ten steps, with a preview, to ten steps without a cut.

    Args:
        size: Side of both pictures in pixels.
        rounds: How often to measure.
    """
    config = StyleConfig(weights="random", precision="float32", scales=1)
    network = feature_model(config.layers, weights="random", dtype="float32")
    signatures = make_module(ServedRecipe(network, config, Limits()), {}).signatures
    pictures = {"content_bytes": tf.constant([_png(1, size)]), "style_bytes": tf.constant([_png(2, size)])}
    settings = {name: tf.constant(value) for name, value in default_settings(config).items()}
    state = signatures["begin"](**pictures, **settings)["state_bytes"]

    def advance(state: tf.Tensor, steps: int, preview: int = 0) -> Any:
        """Take some steps."""
        return signatures["advance"](**pictures, state_bytes=state, steps=[steps], preview=[preview])

    state, ratios = advance(state, 1)["state_bytes"], []
    for _ in range(rounds):
        one, more = (_seconds(lambda steps=steps: advance(state, steps)) for steps in (1, STEPS + 1))
        ratios.append(_seconds(lambda: advance(state, STEPS, 512)) / (more - one))
    return ratios


def _seconds(run: Callable[[], Any]) -> float:
    begun = time.process_time()
    tf.nest.map_structure(lambda tensor: tensor.numpy(), run())
    return time.process_time() - begun


def _png(seed: int, size: int) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()
