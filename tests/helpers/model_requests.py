"""What the exported model of these tests is, and requests to it."""

import io

import numpy as np
from PIL import Image

from nst_tf import StyleConfig
from nst_tf_serving.limits import Limits

CONFIG = StyleConfig(weights="random", precision="float32", steps=3)
LIMITS = Limits(steps=100_000, pixels=300 * 300, input_pixels=1000 * 1000, input_bytes=2**20, pictures=4)


def smooth_picture(seed, height, width):
    """A smooth colored picture, `(1, H, W, 3)`, of 8 bits."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture, np.float32)[None] / np.float32(255)


def encoded(image, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(np.round(image[0] * 255).astype(np.uint8)).save(file, kind)
    return file.getvalue()


def strings(*texts):
    return np.array(texts, object)


def settings(count=1, **changes):
    """All settings that a request may have, as arrays."""
    values = {"size": 0, "seed": 0, **changes}
    names = ("steps", "size", "content_weight", "style_weight", "tv_weight", "learning_rate", "seed", "color")
    values = {name: values.get(name, getattr(CONFIG, name)) for name in names}
    kinds = {"steps": np.int32, "size": np.int32, "seed": np.int32, "color": object}
    values["color"] = values["color"].encode()
    return {name: np.full(count, value, kinds.get(name, np.float32)) for name, value in values.items()}


STYLES = {"waves": smooth_picture(2, 50, 38), "dots": smooth_picture(3, 40, 44)}
"""Styles that are in the model."""
