"""Runs that are kept in a folder: interrupted, resumed, damaged, changed; killed ones are in test_kills.py."""

import hashlib
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import nst_tf
from nst_tf.jobs import run_folder as keeping
from nst_tf.jobs.checkpoints import NOTE, checkpoint_files, claimed, read_checkpoint
from nst_tf.storage.arrays import read_arrays, write_arrays
from nst_tf_cli.app import app

RUN = ["stylize", "photo.jpg", "painting.jpg", "-o", "out.png", "--weights", "random", "--scales", "1", "--quiet"]
KEPT = [*RUN, "--steps", "8", "--checkpoint", "run", "--checkpoint-every", "1"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def interrupted_at(step, number, monkeypatch):
    """Have the run that comes next send itself a signal when it has taken some steps."""
    due = keeping.Keeper.__call__

    def strike(self, progress):
        due(self, progress)
        if progress.step == step:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(keeping.Keeper, "__call__", strike)


@pytest.fixture
def handlers():
    """Puts the handlers of signals back, which the end of an interrupted process leaves ignored."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture
def whole(pictures, handlers):
    """The hash of the painting of a run without checkpoints."""
    assert run(*RUN, "--steps", "8").exit_code == 0
    found = sha256(pictures / "out.png")
    (pictures / "out.png").unlink()
    return found


@pytest.fixture
def kept(whole, pictures, monkeypatch):
    """A folder with a run that was interrupted at step 5, and nothing else of it; provides what it should become."""
    with monkeypatch.context() as patch:
        interrupted_at(4, signal.SIGTERM, patch)
        result = run(*KEPT)
    assert result.exit_code == 143, result.output
    return whole


def test_the_form_of_the_result_is_kept(pictures, handlers, monkeypatch):
    form = ["--bit-depth", "16", "--keep-size", "--size", "40"]
    assert run(*RUN, "--steps", "6", *form).exit_code == 0
    whole = sha256(pictures / "out.png")
    (pictures / "out.png").unlink()
    interrupted_at(3, signal.SIGTERM, monkeypatch)
    assert run(*RUN, "--steps", "6", *form, "--checkpoint", "run", "--checkpoint-every", "1").exit_code == 143
    monkeypatch.undo()
    monkeypatch.chdir(pictures)
    assert run("resume", "run").exit_code == 0
    assert sha256(pictures / "out.png") == whole


def test_a_finished_run_leaves_only_its_painting(whole, pictures):
    assert run(*KEPT).exit_code == 0
    assert sha256(pictures / "out.png") == whole
    assert sorted(path.name for path in pictures.iterdir()) == ["out.png", "painting.jpg", "photo.jpg"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_saves_picture_and_checkpoint_and_says_how_to_go_on(number, code, whole, pictures, monkeypatch):
    with monkeypatch.context() as patch:
        interrupted_at(4, number, patch)
        result = run(*KEPT)
    assert result.exit_code == code
    assert result.stderr.splitlines()[-1] == (
        "Error: Interrupted at step 5 of 8; out.png holds what was painted. nst-tf resume run carries on."
    )
    assert sha256(pictures / "out.png") != whole
    assert [path.name for path in checkpoint_files(pictures / "run")] == ["step-000000005.npz", "step-000000004.npz"]
    result = run("resume", "run")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("Going on behind step 5.\nPainting 48x40 px")
    assert (result.stdout, sha256(pictures / "out.png")) == ("out.png\n", whole)
    assert not (pictures / "run").exists()


@pytest.mark.parametrize(("seconds", "before"), [(0.0, 3), (1e6, 0)])
def test_without_a_number_of_steps_time_decides(seconds, before, pictures, handlers, monkeypatch):
    monkeypatch.setattr(keeping, "SECONDS", seconds)
    monkeypatch.setattr(keeping, "SHARE", 1e6)
    interrupted_at(3, signal.SIGTERM, monkeypatch)
    assert run(*RUN, "--steps", "6", "--checkpoint", "run", "--trace", "trace.json").exit_code == 143
    assert [file.stem for file in checkpoint_files(pictures / "run")] == ["step-000000004", f"step-{before:09d}"]


def test_trace_and_intermediates_of_a_resumed_run_are_whole(pictures, handlers, monkeypatch):
    extras = ["--trace", "trace.json", "--save-every", "3", "--steps", "8"]
    with monkeypatch.context() as patch:
        interrupted_at(4, signal.SIGINT, patch)
        assert run(*RUN, *extras, "--checkpoint", "run").exit_code == 130  # a trace makes it report every step
    early = json.loads((pictures / "trace.json").read_text())
    assert [record["step"] for record in early] == [1, 2, 3, 4, 5]
    assert run("resume", "run", "-q").exit_code == 0
    records = json.loads((pictures / "trace.json").read_text())
    assert [record["step"] for record in records] == list(range(1, 9)) and records[:5] == early
    seconds = [record["seconds"] for record in records]
    assert seconds == sorted(seconds)
    assert {path.name for path in pictures.glob("out*")} == {"out.png", "out-00003.png", "out-00006.png"}


def test_resuming_works_from_another_folder(kept, pictures, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    result = run("resume", pictures / "run", "-q")
    assert result.exit_code == 0, result.output
    assert sha256(pictures / "out.png") == kept


def test_a_folder_with_a_run_is_not_taken_for_another(kept, pictures):
    before = {path.name: path.read_bytes() for path in (pictures / "run").iterdir()}
    result = run(*KEPT, "--overwrite")
    assert result.exit_code == 2
    assert "run holds a run already. nst-tf resume run carries on; to start over, name another folder" in result.stderr
    assert {path.name: path.read_bytes() for path in (pictures / "run").iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--checkpoint", "photo.jpg"], "photo.jpg is no folder"),
        (["--checkpoint", "no/run"], "There is no folder no for the checkpoints"),
        (["--checkpoint-every", "3"], "name it with --checkpoint"),
    ],
)
def test_what_can_be_no_folder_is_refused_before_any_work(arguments, message, pictures):
    result = run(*RUN, *arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
    assert len(list(pictures.iterdir())) == 2


@pytest.mark.parametrize("folder", [".", "nothing", "photo.jpg"])
def test_resuming_nothing_says_so(folder, pictures):
    result = run("resume", folder)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"{folder} holds no unfinished run" in result.stderr


def with_note(change):
    """Change what the checkpoints say about the run."""

    def spoil(folder):
        for file in checkpoint_files(folder):
            arrays = read_arrays(file)
            note = json.loads(arrays[NOTE].tobytes())
            origin = json.loads(note["origin"])
            change(note, origin)
            text = np.frombuffer(json.dumps(note | {"origin": json.dumps(origin)}).encode(), np.uint8)
            write_arrays(file, {**arrays, NOTE: text})

    return spoil


def other_style(folder):
    (folder.parent / "painting.jpg").write_bytes((folder.parent / "photo.jpg").read_bytes())


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (other_style, "style (SHA-256): "),
        (with_note(lambda _, origin: origin["versions"].update(numpy="1.0")), "version of numpy: 1.0, now "),
        (with_note(lambda _, origin: origin.update(weights="a" * 64)), "weights (SHA-256): aaaaaaaaaaaa, now "),
    ],
    ids=["style", "version", "weights"],
)
def test_a_run_whose_ground_has_changed_is_refused_with_the_difference(change, difference, kept, pictures):
    change(pictures / "run")
    before = sha256(pictures / "out.png")
    result = run("resume", "run")
    assert (result.exit_code, result.stderr.splitlines()[-1][:6]) == (2, "Error:")
    assert difference in result.stderr and "This would not be the run that run holds" in result.stderr
    assert sha256(pictures / "out.png") == before and checkpoint_files(pictures / "run")


def test_what_took_the_place_of_the_result_is_kept(kept, pictures):
    (pictures / "out.png").write_bytes(b"precious")
    result = run("resume", "run")
    assert result.exit_code == 2
    assert "out.png exists, and is not of this run; move it away, and resume again" in result.stderr
    assert (pictures / "out.png").read_bytes() == b"precious"


def test_a_damaged_checkpoint_gives_way_to_the_one_before_it(kept, pictures):
    newest = checkpoint_files(pictures / "run")[0]
    newest.write_bytes(newest.read_bytes()[:-40])
    result = run("resume", "run")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: ") and result.stderr.count("Warning") == 1
    assert f"{newest.name} is damaged" in result.stderr and "Going back to step 4." in result.stderr
    assert sha256(pictures / "out.png") == kept


@pytest.fixture
def finished(kept, pictures):
    """The folder of a run that was killed when its painting had been copied there, and was still to be put in place."""
    assert run(*RUN[:-1], "--steps", "8", "--overwrite", "-o", "whole.png").exit_code == 0
    (pictures / "whole.png").rename(pictures / "run" / "finished.png")
    return kept


@pytest.mark.parametrize("left", ["nothing", "an early picture", "the painting", "something else"])
def test_a_painting_that_was_finished_is_put_in_place_and_not_painted_again(left, finished, pictures):
    if left == "nothing":
        (pictures / "out.png").unlink()
    elif left == "the painting":
        (pictures / "out.png").write_bytes((pictures / "run" / "finished.png").read_bytes())
    elif left == "something else":
        (pictures / "out.png").write_bytes(b"precious")
        assert run("resume", "run").exit_code == 2
        (pictures / "out.png").unlink()
    for file in checkpoint_files(pictures / "run")[1:]:
        file.unlink()
    result = run("resume", "run")
    assert (result.exit_code, result.output) == (0, "This run has finished: out.png\n")
    assert sha256(pictures / "out.png") == finished
    assert not (pictures / "run").exists()


@pytest.mark.parametrize("state", ["kept", "finished"])
def test_what_a_killed_process_had_begun_to_write_is_removed(state, request, pictures):
    request.getfixturevalue(state)
    found = read_checkpoint(pictures / "run")
    keeper = keeping.Keeper(pictures / "run", found.job, found.origin.config, found=found)
    for begun in (pictures / f"{keeper.prefix}x.png", pictures / "run" / ".nst-tf-y.npz"):
        begun.write_bytes(b"half")
    assert run("resume", "run", "-q").exit_code == 0
    assert not list(pictures.rglob(".nst-tf-*")) and not (pictures / "run").exists()


def test_a_folder_belongs_to_one_process_at_a_time(kept, pictures):
    (pictures / "new").mkdir()
    for command, folder in ((["resume", "run"], "run"), ([*RUN, "--overwrite", "--checkpoint", "new"], "new")):
        with claimed(pictures / folder, Path(folder)):
            result = run(*command, "--quiet")
        assert result.exit_code == 2
        assert result.stderr == f"Error: Another process is painting the run in {folder}; wait until it has ended.\n"
        assert not list((pictures / "new").iterdir())
    assert run("resume", "run", "--quiet").exit_code == 0
    assert sha256(pictures / "out.png") == kept


def test_the_last_copy_of_a_painting_is_never_removed(finished, pictures):
    for file in checkpoint_files(pictures / "run"):
        file.unlink()
    result = run("resume", "run")
    assert result.exit_code == 0 and "run/finished.png is a copy of its painting" in result.stdout
    assert sha256(pictures / "run" / "finished.png") == finished


def spoiled_array(name, change):
    def spoil(file, _):
        arrays = read_arrays(file)
        changed = change(np.array(arrays.pop(name)))
        write_arrays(file, arrays if changed is None else {**arrays, name: changed})

    return spoil


def flipped(file, rng):
    data = bytearray(file.read_bytes())
    for place in rng.integers(0, len(data), 20):
        data[place] ^= 1 << int(rng.integers(8))
    file.write_bytes(data)


MUTATIONS = {
    "empty": lambda file, _: file.write_bytes(b""),
    "text": lambda file, _: file.write_text("I am no checkpoint"),
    "cut": lambda file, rng: file.write_bytes(file.read_bytes()[: int(rng.integers(1, file.stat().st_size))]),
    "flipped": flipped,
    "foreign": lambda file, _: write_arrays(file, {"block1_conv1/bias": np.zeros(64, np.float32)}),
    "nan": spoiled_array("state/first_moment", lambda array: array * np.nan),
    "shape": spoiled_array("state/image", lambda array: array[:, 1:]),
    "size": spoiled_array("state/average", lambda array: np.resize(array, (1, 400, 500, 3))),
    "type": spoiled_array("state/image", lambda array: array.astype(np.float64)),
    "missing": spoiled_array("state/second_moment", lambda _: None),
    "no note": spoiled_array(NOTE, lambda _: None),
    "note": spoiled_array(NOTE, lambda array: array[:-5]),
    "far": spoiled_array("taken", lambda array: array + 10**12),
    "stage": spoiled_array("stage", lambda array: array + 7),
    "stages": spoiled_array("stage", lambda array: np.stack([array, array])),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_checkpoints_that_are_all_damaged_give_one_line_and_stay_as_they_are(name, kept, pictures, rng):
    for file in checkpoint_files(pictures / "run"):
        MUTATIONS[name](file, rng)
    before = {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()}
    result = run("resume", "run", "--quiet")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("job", [{"output": 3}, {"content": None}, {"more": 1}, {"save_every": "often"}, {"home": []}])
def test_what_was_asked_for_must_be_of_the_right_kind(job, kept, pictures):
    with_note(lambda note, _: note["job"].update(job))(pictures / "run")
    with pytest.raises(ValueError, match=r"^run\S+ is damaged: [^\n]+$"):
        read_checkpoint(type(pictures)("run"))


def test_a_snapshot_in_a_checkpoint_is_one_for_the_library(kept, pictures):
    snapshot = nst_tf.Snapshot.load(checkpoint_files(pictures / "run")[0])
    assert (snapshot.step, snapshot.taken, snapshot.stage) == (5, 5, 0)
