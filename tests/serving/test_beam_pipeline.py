"""The example for Apache Beam, in the environment of its own that `make test-beam` makes."""

import os
import subprocess
from pathlib import Path

import pytest
from helpers.model_requests import encoded, settings, smooth_picture

import nst_tf
from examples import pipelines

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-beam" / "bin" / "python"


@pytest.mark.skipif(not PYTHON.exists(), reason="Apache Beam needs an environment of its own; make test-beam makes it")
def test_a_beam_pipeline_paints_what_the_loaded_model_paints(exported, tmp_path):
    (tmp_path / "photos").mkdir()
    photos = [tmp_path / "photos" / name for name in ("a.png", "b.png")]
    for number, photo in enumerate(photos):
        photo.write_bytes(encoded(smooth_picture(number, 30, 40 + number)))
    (tmp_path / "style.png").write_bytes(encoded(smooth_picture(6, 40, 32)))
    steps = int(settings()["steps"][0])
    options = {"model": exported, "style": tmp_path / "style.png", "photos": tmp_path / "photos" / "*.png"}
    options |= {"output": tmp_path / "painted", "steps": steps}
    command = [
        PYTHON,
        ROOT / "examples" / "beam_pipeline.py",
        *(f"--{name}={value}" for name, value in options.items()),
    ]
    result = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=900, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    for photo, png in pipelines.paint_files(exported, photos, tmp_path / "style.png", steps=steps):
        assert (tmp_path / "painted" / photo.name).read_bytes() == png
    assert nst_tf.load_image(tmp_path / "painted" / "b.png").shape == (1, 30, 41, 3)
