"""What a job may be, and what is refused before it is kept."""

import io
import json
import sys

import pytest
from helpers.box_pictures import heic
from helpers.job_servers import form, picture
from PIL import Image

from nst_tf import StyleConfig
from nst_tf.presets import preset
from nst_tf.previews import small_settings


def test_a_job_is_taken_with_settings_from_fields_and_json(ask, board):
    answer = ask.post("/v1/jobs", **form(preset="fast", style_layers="conv1_1=1", settings='{"content_weight": 0.2}'))
    assert answer.status_code == 202, answer.text
    record = board.get(answer.json()["id"])
    assert answer.headers["location"] == f"/v1/jobs/{record.id}"
    job = board.store.job(record)
    wanted = {"content_weight": 0.2, "style_layers": "conv1_1=1", "size": 48, "scales": 1, "weights": "builtin"}
    assert job.config == preset("fast", **wanted, steps=6)
    assert job.content.read_bytes() == picture()
    assert (record.content, record.styles) == ("photo.png", ("painting0.png",))


def test_several_styles_and_a_preview(ask, board):
    sent = form(picture(color="red"), picture(color="blue"), preview="true", size="1024", style_weights="2,1")
    record = board.get(ask.post("/v1/jobs", **sent).json()["id"])
    job = board.store.job(record)
    assert len(job.styles) == 2
    large = StyleConfig(size=1024, scales=1, steps=6, weights="builtin", style_weights="2,1")
    assert job.config == small_settings(large, size=256)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"stepz": "3"}, "no field 'stepz'"),
        ({"steps": "many"}, "steps must be a whole number"),
        ({"steps": "2001"}, "steps must be at most 2000"),
        ({"size": "5000"}, "size must be at most 4096"),
        ({"preset": "nice"}, "preset must be one of"),
        ({"preview": "maybe"}, "preview must be true or false"),
        ({"weights": "/etc/passwd"}, "weights must be one of"),
        ({"start": "../content"}, "start must be one of"),
        ({"settings": "[1]"}, "settings must be a JSON object"),
        ({"settings": "[" * 9000}, "settings must be a JSON object"),
        ({"settings": json.dumps({"sizes": 3})}, "no setting 'sizes'"),
        ({"settings": json.dumps({"beta_1": {"a": []}})}, "beta_1 must be"),
        ({"settings": '{"content_weight": NaN}'}, "content_weight must be"),
    ],
)
def test_wrong_settings_are_refused_in_a_sentence(ask, board, fields, said):
    answer = ask.post("/v1/jobs", **form(**fields))
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert board.all() == [] and not any(board.store.folder.iterdir())


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"%PDF-1.7", 400, "photo.png is not a picture of a known format; save it as JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 400, "not a picture"),
        (picture((20_000, 6_001), color="red"), 413, "120 million pixels"),
    ],
)
def test_wrong_files_are_refused_before_they_are_decoded(ask, content, status, said):
    answer = ask.post("/v1/jobs", **form(content=content))
    assert answer.status_code == status and said in answer.json()["error"]


@pytest.mark.parametrize("kind", ["HEIC", "AVIF", "JPEG2000", "PPM"])
def test_formats_of_phones_and_others_are_taken(ask, kind):
    content = heic(Image.open(io.BytesIO(picture()))) if kind == "HEIC" else picture(kind=kind)
    assert ask.post("/v1/jobs", **form(content=content)).status_code == 202


def test_a_format_that_needs_an_extra_is_refused_with_the_line_that_installs_it(ask, monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    answer = ask.post("/v1/jobs", **form(content=heic(Image.open(io.BytesIO(picture())))))
    assert answer.status_code == 400 and "pip install 'nst-tf[heif]'" in answer.json()["error"]


def test_a_name_never_leads_out_of_the_folder(ask, board):
    sent = form()
    sent["files"][0] = ("content", ("../../\n/etc/cron.d\\x\x00y.png", picture()))
    record = board.get(ask.post("/v1/jobs", **sent).json()["id"])
    assert "/" not in record.content and "\\" not in record.content and record.content.isprintable()
    assert {path.name for path in board.store.folder.iterdir()} == {record.id}


def test_a_form_without_pictures_or_with_too_many_is_refused(ask):
    sent = form()
    assert "file named content; got 0" in ask.post("/v1/jobs", files=sent["files"][1:]).json()["error"]
    assert "1 to 8 files named style; got 0" in ask.post("/v1/jobs", files=sent["files"][:1]).json()["error"]
    assert ask.post("/v1/jobs", **form(*[picture(color="red")] * 9)).status_code == 400
    assert ask.post("/v1/jobs", json={"content": "x"}).status_code == 415
