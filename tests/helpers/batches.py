"""Small photographs of several sizes, and jobs for them."""

from pathlib import Path

import numpy as np
from PIL import Image

from nst_tf import StyleConfig
from nst_tf.batch.paths import run_folder_beside
from nst_tf.jobs.job import Job

CONFIG = StyleConfig(weights="random", content_layers="conv1_2", style_layers="conv1_1", scales=1, steps=4)
SIZES = ((48, 40), (32, 44), (40, 40))


def draw(path, size, seed):
    """A smooth picture of random colors."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path, quality=95)


def make_job(number, **options):
    """The job for one of the photographs of `folder`."""
    output = Path(options.pop("output", f"out/{number}.png"))
    names = {"content": f"photos/{number}.jpg", "style": "style.jpg", "output": output}
    return Job(**{"config": CONFIG, "checkpoint": run_folder_beside(output), **names, **options})


def enter_folder(tmp_path, monkeypatch):
    """Make a folder with three photographs and a style the current one."""
    for number, size in enumerate(SIZES):
        draw(tmp_path / "photos" / f"{number}.jpg", size, number)
    draw(tmp_path / "style.jpg", (44, 36), 9)
    monkeypatch.chdir(tmp_path)
    return tmp_path
