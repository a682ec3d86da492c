"""What the client knows of a painting by a served model, kept in its PNG."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from nst_tf import read_metadata
from nst_tf.images.png_chunks import size_in
from nst_tf.runs.served_metadata import ServedMetadata, read_served_metadata

SETTINGS = {"steps": 30, "size": None, "content_weight": 0.05, "color": "match"}
NOTES = ServedMetadata(model="nst", version="3", content="c" * 64, style="wéves", settings=SETTINGS, loss=1.5)


@pytest.fixture
def png():
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((6, 4)).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("settings", [SETTINGS, None])
def test_it_is_read_as_it_was_written_and_no_pixel_changes(png, tmp_path, settings):
    notes = ServedMetadata(model="m", version="", content="c" * 64, style="s" * 64, settings=settings, loss=None)
    (tmp_path / "a.png").write_bytes(notes.embedded(png))
    assert read_served_metadata(tmp_path / "a.png") == notes
    np.testing.assert_array_equal(Image.open(tmp_path / "a.png"), Image.open(io.BytesIO(png)))
    assert len(notes.embedded(png)) > len(png) and notes.embedded(png) == notes.embedded(png)


def test_where_a_runs_own_metadata_is_wanted_it_says_what_it_is(png, tmp_path):
    (tmp_path / "a.png").write_bytes(NOTES.embedded(png))
    with pytest.raises(ValueError, match="A served model painted it"):
        read_metadata(tmp_path / "a.png")


@pytest.mark.parametrize(
    "change", [{"loss": [1]}, {"settings": 3}, {"settings": {"a": []}}, {"model": 1}, {"other": 1}, {}]
)
def test_damaged_metadata_is_refused(png, tmp_path, change):
    values = {**json.loads(NOTES.as_json())["served"], **change} if change else []
    known = json.dumps({"served": values})
    forged = type("Forged", (ServedMetadata,), {"as_json": lambda _: known})
    notes = forged(model="m", version="", content="c", style="s", settings=None, loss=None)
    (tmp_path / "a.png").write_bytes(notes.embedded(png))
    with pytest.raises(ValueError, match=r"a\.png can't be used\. Not valid nst-tf metadata: `served` must hold"):
        read_served_metadata(tmp_path / "a.png")


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8" + bytes(90)])
def test_other_files_get_none(data):
    with pytest.raises(ValueError, match="does not begin as a PNG"):
        NOTES.embedded(data)


def test_height_and_width_are_in_the_header(png):
    assert size_in(png) == (4, 6)
