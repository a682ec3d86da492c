import numpy as np
import pytest
from helpers.model_requests import encoded, settings, smooth_picture
from helpers.pages import ROOT, blocks

import nst_tf
from examples import pipelines

CONTENT, STYLE = smooth_picture(5, 36, 48), smooth_picture(6, 40, 32)


@pytest.fixture
def expected(exported):
    import json

    described = json.loads((exported / "assets.extra" / "config.json").read_text())["config"]
    return nst_tf.stylize(CONTENT, STYLE, config=nst_tf.StyleConfig(**described)).image


def test_model_loaded_as_it_is_paints(exported, expected):
    np.testing.assert_array_equal(pipelines.paint_once(exported, CONTENT, STYLE), expected)


def test_python_of_the_pipelines_page_paints(exported, expected):
    (snippet,) = (each for each in blocks(ROOT / "docs" / "pipelines.md", "python") if "saved_model.load" in each)
    found = {"content": CONTENT, "style": STYLE}
    exec(compile(snippet.replace("export/nst/1", str(exported)), "pipelines.md", "exec"), found)
    np.testing.assert_array_equal(found["painted"], expected)


def test_pipeline_paints_files_of_several_sizes(exported, expected, tmp_path):
    photos = [tmp_path / "a.png", tmp_path / "b.png"]
    photos[0].write_bytes(encoded(CONTENT))
    photos[1].write_bytes(encoded(smooth_picture(7, 20, 30)))
    (tmp_path / "style.png").write_bytes(encoded(STYLE))
    steps = int(settings()["steps"][0])
    painted = dict(pipelines.paint_files(exported, photos, tmp_path / "style.png", steps=steps))
    assert list(painted) == photos
    (tmp_path / "out.png").write_bytes(painted[photos[0]])
    np.testing.assert_allclose(nst_tf.load_image(tmp_path / "out.png"), expected, atol=0.5 / 255 + 1e-6)
    (tmp_path / "out.png").write_bytes(painted[photos[1]])
    assert nst_tf.load_image(tmp_path / "out.png").shape == (1, 20, 30, 3)


def test_keras_model_paints(exported, expected):
    model = pipelines.keras_model(exported)
    np.testing.assert_array_equal(model({"content": CONTENT, "style": STYLE}), expected)
    assert not model.trainable_weights
