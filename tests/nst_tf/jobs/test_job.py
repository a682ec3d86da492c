import dataclasses
import json
from pathlib import Path

import pytest
from helpers.jobs import CONFIG, make_job

OPTIONS = {
    "overwrite": True,
    "force": True,
    "bit_depth": 16,
    "keep_size": True,
    "save_every": 3,
    "trace": Path("trace.json"),
    "tensorboard": Path("logs"),
    "checkpoint": Path("run"),
    "checkpoint_every": 4,
}


@pytest.mark.parametrize("options", [OPTIONS, {"checkpoint": Path("run")}], ids=["all", "none"])
def test_a_job_survives_its_json(options):
    job = make_job(**options)
    values = json.loads(json.dumps(job.as_values()))
    assert type(job).from_values(values, config=CONFIG, checkpoint=Path("run")) == job


def test_every_field_is_kept_but_settings_and_folder():
    fields = {field.name for field in dataclasses.fields(make_job())}
    assert set(make_job().as_values()) == fields - {"config", "checkpoint"}


@pytest.mark.parametrize(
    "change", [{"output": 3}, {"content": None}, {"more": 1}, {"save_every": "often"}, {"home": []}, {"save_every": 0}]
)
def test_what_was_asked_for_must_be_of_the_right_kind(change):
    job = make_job()
    with pytest.raises(ValueError, match=next(iter(change))):
        type(job).from_values(job.as_values() | change, config=CONFIG, checkpoint=Path("run"))


def test_a_field_that_is_missing_is_refused():
    values = make_job().as_values()
    values.pop("trace")
    with pytest.raises(ValueError, match="a job has the fields"):
        type(make_job()).from_values(values, config=CONFIG, checkpoint=Path("run"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"save_every": 0}, "save_every must be a whole number of steps, at least 1; got 0"),
        ({"checkpoint": Path("run"), "checkpoint_every": -1}, "checkpoint_every must be"),
        ({"checkpoint_every": 1}, "checkpoint_every needs a folder"),
        ({"save_every": "3"}, "save_every must be a whole number of steps, at least 1; got '3'"),
        ({"save_every": 1.5}, "save_every must be a whole number"),
        ({"bit_depth": "8"}, "bit_depth must be a whole number; got '8'"),
        ({"content": None}, "content must be a path; got None"),
        ({"config": {}}, "config must be a StyleConfig"),
    ],
)
def test_fields_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        make_job(**options)


def test_names_are_meant_from_the_jobs_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = make_job(trace=Path("trace.json"), checkpoint=Path("run"))
    assert job.from_here() == job
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    here = job.from_here()
    assert (here.output, here.trace, here.checkpoint) == (
        tmp_path / "out.png",
        tmp_path / "trace.json",
        tmp_path / "run",
    )
    assert here.tensorboard is None and here.home == Path.cwd()


def test_names_stay_where_their_folder_is_gone(tmp_path):
    job = make_job(home=tmp_path / "gone")
    assert job.from_here().output == Path("out.png")


def test_a_current_folder_that_is_gone_is_no_reason_to_fail(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    job = make_job(output=tmp_path / "out.png")
    assert job.from_here() == job


def test_paths_may_be_text():
    job = make_job(trace="trace.json", output="out.png")
    assert (job.trace, job.output) == (Path("trace.json"), Path("out.png"))
