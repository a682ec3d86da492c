"""Jobs without a terminal: run, watched, cancelled and resumed from plain Python."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.jobs import CONFIG, Watcher, interrupt, make_job, sha256

from nst_tf import Progress, load_image, read_metadata
from nst_tf.jobs.checkpoints import checkpoint_files
from nst_tf.jobs.errors import NoRunError, RunExistsError, RunFailedError
from nst_tf.jobs.events import Resumed, Started
from nst_tf.jobs.paint import State, paint, resume


def test_a_job_is_run_watched_cancelled_and_resumed_without_a_word(whole, pictures, capfd):
    job = make_job(checkpoint=Path("run"), checkpoint_every=1)
    watcher = Watcher(stop_at=3)
    cancelled = paint(job, on_event=watcher, should_stop=watcher.should_stop)
    assert (cancelled.state, cancelled.painting.steps, cancelled.painting.planned) == (State.INTERRUPTED, 3, 8)
    assert watcher.kinds == ["Started", "Progress", "Saving"] and watcher.step == 3
    assert [file.stem for file in checkpoint_files(pictures / "run")] == ["step-000000003", "step-000000002"]
    assert load_image("out.png").shape == (1, 40, 48, 3) and sha256("out.png") != whole

    watcher = Watcher()
    resumed = resume(Path("run"), on_event=watcher)
    assert (resumed.state, resumed.path, resumed.complete) == (State.FINISHED, Path("out.png"), True)
    assert watcher.events[0] == Resumed(step=3) and watcher.step == 8
    assert sha256("out.png") == whole
    assert sorted(path.name for path in pictures.iterdir()) == ["out.png", "painting.jpg", "photo.jpg"]
    assert capfd.readouterr() == ("", "")


def test_the_first_event_has_what_an_announcement_needs(pictures):
    watcher = Watcher()
    paint(make_job(config=replace(CONFIG, scales=2, coarse_steps=3, steps=1)), on_event=watcher)
    started = watcher.events[0]
    assert isinstance(started, Started)
    assert started.content_size == (40, 48) and [stage.size for stage in started.plan] == [(28, 34), (40, 48)]
    assert started.provenance.config.precision in ("float32", "bfloat16") and started.memory > 1e8
    progress = next(event for event in watcher.events if isinstance(event, Progress))
    assert progress.image().shape == (1, 28, 34, 3) and progress.steps == 4


def test_jobs_run_in_threads_and_name_files_from_their_own_folder(whole, pictures, tmp_path_factory, monkeypatch):
    job = make_job(checkpoint=Path("run"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    results = []
    thread = threading.Thread(target=lambda: results.append(paint(job)))
    thread.start()
    thread.join()
    assert results[0].path == pictures / "out.png" and sha256(pictures / "out.png") == whole
    assert not list(Path.cwd().iterdir())


def test_a_run_is_resumed_from_another_folder_and_after_all_has_moved(kept, pictures, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    watcher = Watcher(stop_at=6)
    assert resume(pictures / "run", on_event=watcher, should_stop=watcher.should_stop).state is State.INTERRUPTED
    moved = pictures.rename(pictures.with_name("moved"))
    monkeypatch.chdir(moved)
    assert resume(Path("run")).path == Path("out.png")
    assert sha256("out.png") == kept


def test_size_and_depth_of_the_result_survive_an_interruption(pictures):
    form = {"bit_depth": 16, "keep_size": True, "config": replace(CONFIG, size=40, steps=6)}
    paint(make_job(**form))
    whole = sha256("out.png")
    (pictures / "out.png").unlink()
    interrupt(4, **form)
    resume(Path("run"))
    assert sha256("out.png") == whole


@pytest.mark.parametrize("left", ["nothing", "an early picture", "the painting"])
def test_a_painting_that_was_finished_is_put_in_place_and_not_painted_again(left, finished, pictures):
    if left == "nothing":
        (pictures / "out.png").unlink()
    elif left == "the painting":
        (pictures / "out.png").write_bytes((pictures / "run" / "finished.png").read_bytes())
    for file in checkpoint_files(pictures / "run")[1:]:
        file.unlink()
    watcher = Watcher()
    result = resume(Path("run"), on_event=watcher)
    assert (result.state, result.path, watcher.events) == (State.PUBLISHED, Path("out.png"), [])
    assert sha256("out.png") == finished
    assert not (pictures / "run").exists()


def test_what_took_the_place_of_a_finished_painting_is_kept(finished, pictures):
    (pictures / "out.png").write_bytes(b"precious")
    with pytest.raises(FileExistsError, match=r"out\.png exists, and is not of this run"):
        resume(Path("run"))
    assert (pictures / "out.png").read_bytes() == b"precious"


def test_the_last_copy_of_a_painting_is_never_removed(finished, pictures):
    for file in checkpoint_files(pictures / "run"):
        file.unlink()
    result = resume(Path("run"))
    assert (result.state, result.path) == (State.STORED, Path("run/finished.png"))
    assert sha256(result.path) == finished


def test_notes_of_an_interrupted_painting_say_how_far_it_came(kept):
    assert (read_metadata("out.png").ending.steps, read_metadata("out.png").ending.planned) == (5, 8)


def test_a_folder_with_a_run_takes_no_other(kept):
    with pytest.raises(RunExistsError, match="run already holds a run; resume it") as caught:
        paint(make_job(checkpoint=Path("run"), overwrite=True))
    assert caught.value.folder == Path("run")


@pytest.mark.parametrize("folder", [".", "nothing", "photo.jpg"])
def test_there_is_nothing_to_resume(folder, pictures):
    with pytest.raises(NoRunError, match="holds no unfinished run"):
        resume(Path(folder))


def test_errors_name_fields_as_they_are_asked_to(pictures):
    job = make_job(trace=Path("out.png"))
    with pytest.raises(ValueError, match=r"^trace \(out.png\) is the same as output \(out.png\)"):
        paint(job)
    with pytest.raises(ValueError, match=r"^<trace> \(out.png\) is the same as <output> \(out.png\)"):
        paint(job, label="<{}>".format)


def test_a_run_that_takes_too_much_memory_is_refused_unless_forced(pictures):
    watcher = Watcher(stop_at=0)
    huge = replace(CONFIG, size=16000)
    with pytest.raises(ValueError, match="GB are free; choose a smaller size, or force it"):
        paint(make_job(config=huge), on_event=watcher)
    assert not watcher.events and not Path("out.png").exists()


@pytest.mark.parametrize("kinds", [("Saving",), ("Progress", "Saving", "Trouble")])
def test_a_callback_that_fails_costs_no_picture(kinds, pictures):
    def fail(event):
        if type(event).__name__ in kinds:
            raise RuntimeError("no listener")

    if "Progress" in kinds:
        with pytest.raises(RunFailedError, match="no listener") as caught:
            paint(make_job(), on_event=fail)
        assert caught.value.picture == Path("out.png")
    else:
        assert paint(make_job(), on_event=fail).state is State.FINISHED
    assert load_image("out.png").shape == (1, 40, 48, 3)


def test_the_picture_to_start_from_is_named_from_the_jobs_own_folder(pictures, tmp_path_factory, monkeypatch):
    job = make_job(config=replace(CONFIG, start="painting.jpg"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert paint(job).state is State.FINISHED
