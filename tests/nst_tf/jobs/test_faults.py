"""What becomes of a painting when something breaks under it."""

import shutil
import signal
import tempfile
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from nst_tf import Metadata, StyleConfig, load_image, read_metadata, save_image
from nst_tf.jobs import run_folder as keeping
from nst_tf.jobs.fallback_folder import save_to_fallback_folder
from nst_tf.jobs.recording import Recording, common_period, warn_on_failure
from nst_tf.jobs.run import Run
from nst_tf.runs.progress import Progress
from nst_tf.runs.provenance import Provenance
from nst_tf_cli.app import app

RUN = ["stylize", "photo.jpg", "painting.jpg", "--weights", "random", "--scales", "1", "--steps", "6", "--quiet"]
KEPT = ["--checkpoint", "run", "--checkpoint-every", "1"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def handlers():
    """Puts the handlers of signals back, which the end of a process leaves ignored."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture
def meanwhile(monkeypatch):
    """Lets something happen when a run with checkpoints has taken three steps."""
    due = keeping.Keeper.__call__

    def arrange(happen):
        def strike(self, progress):
            due(self, progress)
            if progress.step == 3:
                happen()

        monkeypatch.setattr(keeping.Keeper, "__call__", strike)

    return arrange


def progress(step, image=None):
    return Progress(
        step=step,
        steps=9,
        share=step / 9,
        size=(4, 4),
        loss=1.0,
        terms={},
        seconds=1.0,
        image=lambda: image,
        snapshot=dict,
    )


def test_a_vanished_folder_leaves_the_painting_in_the_runs_own(pictures, meanwhile):
    (pictures / "place").mkdir()
    meanwhile(lambda: (pictures / "place").rmdir())
    result = run(*RUN, "-o", "place/out.png", *KEPT)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert f"The painting is in {pictures}/run/finished.png. When that is mended: nst-tf resume run" in result.stderr
    (pictures / "place").mkdir()
    painting = (pictures / "run" / "finished.png").read_bytes()
    assert run("resume", "run").exit_code == 0
    assert (pictures / "place" / "out.png").read_bytes() == painting


def test_checkpoints_that_fail_are_told_once_and_do_not_end_the_run(pictures, meanwhile):
    meanwhile(lambda: shutil.rmtree(pictures / "run"))
    result = run(*RUN, "-o", "out.png", *KEPT)
    assert result.exit_code == 0
    assert result.stderr.count("A checkpoint can't be saved at step 4: No such file") == 1
    assert result.stderr.count("\n") == 2  # and the copy of the painting
    assert load_image("out.png").shape == (1, 40, 48, 3)


def test_an_intermediate_that_fails_is_told_and_does_not_end_the_run(pictures):
    (pictures / "out-00002.png").write_bytes(b"precious")
    result = run(*RUN, "-o", "out.png", "--save-every", "2")
    assert (result.exit_code, result.stderr.count("\n")) == (0, 1)
    assert "Warning: An intermediate can't be saved at step 2: out-00002.png exists" in result.stderr
    assert (pictures / "out-00002.png").read_bytes() == b"precious"
    assert (pictures / "out-00004.png").exists() and (pictures / "out.png").exists()


def test_a_trace_that_fails_is_kept_elsewhere_and_the_exit_code_tells(pictures, meanwhile, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(pictures))
    (pictures / "place").mkdir()
    meanwhile(lambda: (pictures / "place").rmdir())
    result = run(*RUN, "-o", "out.png", "--trace", "place/trace.json", *KEPT)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert Path(result.stderr.split("The trace is in ")[1].strip().removesuffix(".")).name == "trace.json"
    assert (pictures / "out.png").exists()


def test_a_run_that_diverges_says_from_which_picture_to_go_on(pictures):
    overflowing = ["--tv-weight", "1e38", "--learning-rate", "1000"]
    result = run(*RUN, "-o", "out.png", *overflowing)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "try a lower learning rate" in result.stderr
    assert "out.png holds the last good picture; --start out.png goes on from it." in result.stderr
    assert np.isfinite(load_image("out.png")).all()


@pytest.mark.parametrize("plan", [["--steps", "2"], ["--scales", "2", "--coarse-steps", "2", "--steps", "5"]])
def test_a_run_that_diverges_in_the_last_step_of_a_size_leaves_the_last_good_picture(plan, pictures):
    result = run(*RUN, "-o", "out.png", "--size", "48", "--style-weight", "1e30", *plan)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "out.png holds the last good picture" in result.stderr
    assert load_image("out.png").shape == (1, 40, 48, 3) and read_metadata("out.png").ending is None


@pytest.mark.parametrize("name", ["interrupted-notes.txt", "trace-mine.json"])
def test_a_folder_with_files_that_look_like_a_runs_own_is_refused(name, pictures):
    (pictures / "run").mkdir()
    (pictures / "run" / name).write_bytes(b"precious")
    result = run(*RUN, "-o", "out.png", "--checkpoint", "run")
    assert result.exit_code == 2 and f"run/{name} is called like what a run keeps" in result.stderr
    assert (pictures / "run" / name).read_bytes() == b"precious" and not (pictures / "out.png").exists()


NOTES = Metadata(
    provenance=Provenance(config=StyleConfig(), content="a" * 64, style="b" * 64, start=None, weights="c" * 64)
)


def write(path, image, notes, overwrite):
    save_image(path, image, xmp=notes.xmp(), overwrite=overwrite)


def test_whatever_ends_a_run_leaves_its_last_picture(tmp_path, rng, capsys):
    image = rng.random((1, 4, 4, 3)).astype(np.float32)
    painting = Run(tmp_path / "out.png", write, NOTES, overwrite=False, recording=Recording(), keeper=None)

    def paint(watch):
        watch(progress(4, image))
        raise MemoryError("no more of it")

    with pytest.raises(typer.Exit) as left, painting.watched(lambda _: None, lambda: 0) as watch:
        paint(watch)
    assert left.value.exit_code == 1
    assert f"no more of it. {tmp_path}/out.png holds the last good picture" in capsys.readouterr().err
    np.testing.assert_allclose(load_image(tmp_path / "out.png"), image, atol=0.002)
    assert read_metadata(tmp_path / "out.png") == NOTES


def test_what_ends_a_run_before_its_first_step_is_passed_on(tmp_path):
    painting = Run(tmp_path / "out.png", write, NOTES, overwrite=False, recording=Recording(), keeper=None)
    with pytest.raises(ValueError, match="wrong"), painting.watched(lambda _: None, lambda: 0):
        raise ValueError("wrong")
    assert not list(tmp_path.iterdir())


def test_a_recorder_is_told_of_again_only_after_it_has_worked(capsys):
    def failing(now):
        if now.step not in (3, 4):
            raise OSError(28, "No space left on device", "log")

    watch = warn_on_failure(failing, "The log")
    for step in range(1, 8):
        watch(progress(step))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        f"Warning: The log can't be saved at step {step}: No space left on device: log. Going on." for step in (1, 5)
    ]


def test_places_are_tried_one_after_the_other(tmp_path, monkeypatch):
    temporary, home, current = (tmp_path / name for name in ("temporary", "home", "current"))
    for folder in (temporary, home, current):
        folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(current)
    for place in (temporary, home, current):
        kept = save_to_fallback_folder("painting.png", lambda path: path.write_bytes(b"painting") and None)
        assert kept.parent.parent == place and kept.read_bytes() == b"painting"
        shutil.rmtree(kept.parent)
        place.rename(tmp_path / f"gone-{place.name}") if place != current else None


def test_a_place_that_is_full_is_left_clean_and_all_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)

    def full(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match=rf"^It can't be kept .*: {tmp_path} \(No space.*nothing/nst-tf.*$"):
        save_to_fallback_folder("painting.png", full)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("periods", "common"), [((7, 10), 1), ((20, None, 50), 10), ((None, 30), 30), ((None, None), None), ((), None)]
)
def test_every_period_is_a_multiple_of_the_common_one(periods, common):
    assert common_period(*periods) == common
