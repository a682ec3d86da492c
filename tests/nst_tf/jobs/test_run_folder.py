"""What a run puts into its folder, whom it lets in, and what it takes for its own."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from helpers.jobs import Watcher, contents, interrupt, make_job, sha256

from nst_tf.jobs import run_folder
from nst_tf.jobs.checkpoints import NOTE, checkpoint_files
from nst_tf.jobs.folder_lock import locked
from nst_tf.jobs.paint import paint, resume
from nst_tf.jobs.run_folder import RunFolder
from nst_tf.storage.arrays import read_arrays, write_arrays


def test_a_finished_run_leaves_only_its_painting(whole, pictures):
    paint(make_job(checkpoint=Path("run"), checkpoint_every=1))
    assert sha256("out.png") == whole
    assert sorted(path.name for path in pictures.iterdir()) == ["out.png", "painting.jpg", "photo.jpg"]


def test_a_folder_that_holds_something_else_is_left_with_that(pictures):
    (pictures / "run").mkdir()
    (pictures / "run" / "notes.txt").write_text("mine")
    paint(make_job(checkpoint=Path("run")))
    assert [path.name for path in (pictures / "run").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(("seconds", "before"), [(0.0, 3), (1e6, 0)])
def test_without_a_number_of_steps_time_decides(seconds, before, pictures, monkeypatch):
    monkeypatch.setattr(run_folder, "SECONDS", seconds)
    monkeypatch.setattr(run_folder, "SHARE", 1e6)
    interrupt(4, checkpoint_every=None, trace=Path("trace.json"))  # a trace makes it report every step
    assert [file.stem for file in checkpoint_files(pictures / "run")] == ["step-000000004", f"step-{before:09d}"]


def test_trace_and_intermediates_of_a_resumed_run_are_whole(pictures):
    interrupt(5, checkpoint_every=None, trace=Path("trace.json"), save_every=3)
    early = json.loads((pictures / "trace.json").read_text())
    assert [record["step"] for record in early] == [1, 2, 3, 4, 5]
    watcher = Watcher()
    resume(Path("run"), on_event=watcher)
    records = json.loads((pictures / "trace.json").read_text())
    assert [record["step"] for record in records] == list(range(1, 9)) and records[:5] == early
    seconds = [record["seconds"] for record in records]
    assert seconds == sorted(seconds) and not watcher.troubles
    assert {path.name for path in pictures.glob("out*")} == {"out.png", "out-00003.png", "out-00006.png"}


@pytest.mark.parametrize("name", ["interrupted-notes.txt", "trace-mine.json"])
def test_a_folder_with_files_that_look_like_a_runs_own_is_refused(name, pictures):
    (pictures / "run").mkdir()
    (pictures / "run" / name).write_bytes(b"precious")
    with pytest.raises(FileExistsError, match=f"run/{name} has the name of a file that a run keeps"):
        paint(make_job(checkpoint=Path("run")))
    assert (pictures / "run" / name).read_bytes() == b"precious" and not (pictures / "out.png").exists()


def with_origin(change):
    """Change what the checkpoints say that the painting depends on."""

    def spoil(folder):
        for file in checkpoint_files(folder):
            arrays = read_arrays(file)
            note = json.loads(arrays[NOTE].tobytes())
            origin = json.loads(note["origin"])
            change(origin)
            text = np.frombuffer(json.dumps(note | {"origin": json.dumps(origin)}).encode(), np.uint8)
            write_arrays(file, {**arrays, NOTE: text})

    return spoil


def other_style(folder):
    (folder.parent / "painting.jpg").write_bytes((folder.parent / "photo.jpg").read_bytes())


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (other_style, "style .SHA-256.: "),
        (with_origin(lambda origin: origin["versions"].update(numpy="1.0")), "version of numpy: 1.0, now "),
        (with_origin(lambda origin: origin.update(weights="a" * 64)), "weights .SHA-256.: aaaaaaaaaaaa, now "),
    ],
    ids=["style", "version", "weights"],
)
def test_a_run_whose_ground_has_changed_is_refused_with_the_difference(change, difference, kept, pictures):
    change(pictures / "run")
    before = contents(pictures)
    with pytest.raises(ValueError, match=f"The run in run can't be resumed, as these have changed: .*{difference}"):
        resume(Path("run"))
    assert contents(pictures) == before


@pytest.mark.parametrize("state", ["kept", "finished"])
def test_what_a_killed_process_had_begun_to_write_is_removed(state, request, pictures):
    request.getfixturevalue(state)
    prefix = RunFolder.open(Path("run")).prefix
    for begun in (pictures / f"{prefix}x.png", pictures / "run" / ".nst-tf-y.npz", pictures / "run" / ".nst-tf-lock"):
        begun.write_bytes(b"half")
    resume(Path("run"))
    assert not list(pictures.rglob(".nst-tf-*")) and not (pictures / "run").exists()


@pytest.mark.parametrize("what", ["run", "new"])
def test_a_folder_belongs_to_one_process_at_a_time(what, kept, pictures):
    (pictures / "new").mkdir()
    new = make_job(checkpoint=Path("new"), overwrite=True)
    begin = {"run": lambda: resume(Path("run")), "new": lambda: paint(new)}[what]
    with locked(pictures / what, Path(what)), pytest.raises(BlockingIOError, match=f"painting the run in {what}; wait"):
        begin()
    assert not list((pictures / "new").iterdir())
    resume(Path("run"))
    assert sha256("out.png") == kept


def test_only_what_equals_a_copy_is_the_runs_own(kept, pictures):
    folder = RunFolder.open(Path("run"))
    assert folder.is_own_file(pictures / "out.png") and not folder.is_own_file(pictures / "photo.jpg")
    (pictures / "out.png").write_bytes(b"x" * (pictures / "out.png").stat().st_size)
    assert not folder.is_own_file(pictures / "out.png")


def test_the_job_in_a_folder_is_the_one_that_was_asked_for(kept):
    job = make_job(checkpoint=Path("run"), checkpoint_every=1)
    found = RunFolder.open(Path("run")).job
    assert dataclasses.replace(found, config=job.config) == job
