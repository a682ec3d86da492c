"""What becomes of a painting when something breaks under it."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.jobs import CONFIG, Watcher, make_job

from nst_tf import DivergedError, load_image, read_metadata
from nst_tf.jobs.errors import JobError, NotPublishedError, RunFailedError
from nst_tf.jobs.paint import State, paint, resume

KEPT = {"checkpoint": Path("run"), "checkpoint_every": 1}


def test_a_vanished_folder_leaves_the_painting_in_the_runs_own(pictures):
    (pictures / "place").mkdir()
    watcher = Watcher(at=3, then=(pictures / "place").rmdir)
    with pytest.raises(NotPublishedError, match=r"There is no folder place .* The picture is in ") as caught:
        paint(make_job(output=Path("place/out.png"), **KEPT), on_event=watcher)
    assert (caught.value.picture, caught.value.folder) == (pictures / "run" / "finished.png", Path("run"))
    assert caught.value.finished
    painting = caught.value.picture.read_bytes()
    (pictures / "place").mkdir()
    assert resume(Path("run")).state is State.PUBLISHED
    assert (pictures / "place" / "out.png").read_bytes() == painting


def test_without_a_folder_the_painting_is_saved_elsewhere(pictures, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(pictures))
    (pictures / "place").mkdir()
    watcher = Watcher(at=3, then=(pictures / "place").rmdir)
    with pytest.raises(NotPublishedError) as caught:
        paint(make_job(output=Path("place/out.png")), on_event=watcher)
    assert caught.value.picture.parent.parent == pictures and load_image(caught.value.picture).shape == (1, 40, 48, 3)
    assert caught.value.folder is None and not caught.value.finished


def test_checkpoints_that_fail_are_reported_once_and_do_not_end_the_run(pictures):
    watcher = Watcher(at=3, then=lambda: shutil.rmtree(pictures / "run"))
    assert paint(make_job(**KEPT), on_event=watcher).state is State.FINISHED
    checkpoint, copy = watcher.troubles
    assert checkpoint.startswith("A checkpoint can't be saved at step 3: No such file") and "Continuing." in checkpoint
    assert copy.startswith(f"{pictures}/run/finished.png can't be written: ")
    assert load_image("out.png").shape == (1, 40, 48, 3)


def test_an_intermediate_that_fails_is_reported_and_does_not_end_the_run(pictures):
    (pictures / "out-00002.png").write_bytes(b"precious")
    watcher = Watcher()
    paint(make_job(save_every=2), on_event=watcher)
    (trouble,) = watcher.troubles
    assert trouble.startswith("An intermediate can't be saved at step 2: out-00002.png exists")
    assert (pictures / "out-00002.png").read_bytes() == b"precious"
    assert (pictures / "out-00004.png").exists() and (pictures / "out.png").exists()


def test_a_trace_that_fails_is_kept_elsewhere_and_the_result_tells(pictures, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(pictures))
    (pictures / "place").mkdir()
    watcher = Watcher(at=3, then=(pictures / "place").rmdir)
    result = paint(make_job(trace=Path("place/trace.json"), **KEPT), on_event=watcher)
    assert (result.state, result.complete) == (State.FINISHED, False)
    (trouble,) = watcher.troubles
    assert Path(trouble.split("The trace is in ")[1].removesuffix(".")).name == "trace.json"
    assert (pictures / "out.png").exists()


@pytest.mark.parametrize(
    "plan",
    [{"steps": 2}, {"scales": 2, "coarse_steps": 2, "steps": 5}, {"tv_weight": 1e38, "learning_rate": 1000.0}],
    ids=str,
)
def test_a_run_that_diverges_leaves_the_last_good_picture(plan, pictures):
    config = replace(CONFIG, size=48, style_weight=1e30) if "steps" in plan else CONFIG
    with pytest.raises(RunFailedError) as caught:
        paint(make_job(config=replace(config, **plan), **KEPT))
    assert isinstance(caught.value.__cause__, DivergedError) and "try a lower learning rate" in str(caught.value)
    assert (caught.value.picture, caught.value.folder) == (Path("out.png"), None)  # it would diverge again
    assert load_image("out.png").shape == (1, 40, 48, 3) and np.isfinite(load_image("out.png")).all()
    assert read_metadata("out.png").ending is None


def test_whatever_ends_a_run_leaves_its_last_picture(pictures):
    def fail():
        raise MemoryError("no more of it")

    with pytest.raises(RunFailedError, match=r"^MemoryError: no more of it\. The picture is in out\.png\.$") as caught:
        paint(make_job(**KEPT), on_event=Watcher(at=3, then=fail))
    assert caught.value.folder == Path("run") and isinstance(caught.value, JobError)
    assert load_image("out.png").shape == (1, 40, 48, 3)


def test_what_ends_a_run_before_its_first_step_is_passed_on(pictures):
    def fail(event):
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        paint(make_job(), on_event=fail)
    assert not (pictures / "out.png").exists()
