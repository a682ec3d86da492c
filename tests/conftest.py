"""Pictures and small networks that several tests share."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # several wait for each other where other programs are busy

import keras
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
SHARED_IMAGES = ROOT.parent / "shared" / "images"


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def shared_images():
    if not SHARED_IMAGES.is_dir():
        pytest.skip("the real pictures of ../shared/images are not beside this checkout")
    return SHARED_IMAGES


@pytest.fixture(scope="session")
def tiny_network():
    """Two convolutions with few filters under VGG-19's names, float64, to check what needs no real network."""
    keras.utils.set_random_seed(3)
    image = keras.Input((None, None, 3), dtype="float64")
    first = keras.layers.Conv2D(4, 3, padding="same", activation="relu", dtype="float64")(image)
    pooled = keras.layers.AveragePooling2D(2, dtype="float64")(first)
    second = keras.layers.Conv2D(6, 3, padding="same", activation="relu", dtype="float64")(pooled)
    return keras.Model(image, {"block1_conv1": first, "block4_conv2": second})


@pytest.fixture
def pictures(tmp_path, rng, monkeypatch):
    """A folder, made the current one, with photo.jpg (48x40) and painting.jpg (40x44): smooth, colored, different."""
    for name, size in (("photo.jpg", (48, 40)), ("painting.jpg", (40, 44))):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).save(tmp_path / name, quality=95)
    monkeypatch.chdir(tmp_path)
    return tmp_path
