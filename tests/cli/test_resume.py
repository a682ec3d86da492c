"""`nst-tf resume`, and what `stylize --checkpoint` says; what a run's folder does is in tests/nst_tf/jobs."""

from pathlib import Path

import pytest
from helpers.command_line import run
from helpers.jobs import contents, interrupt, make_job, sha256

from nst_tf.jobs.checkpoints import checkpoint_files
from nst_tf.jobs.errors import NotPublishedError, RunFailedError
from nst_tf.jobs.folder_lock import locked
from nst_tf.jobs.paint import paint
from nst_tf_cli.terminal.job_messages import explain

RUN = ["stylize", "photo.jpg", "painting.jpg", "-o", "out.png", "--weights", "random", "--scales", "1", "--steps", "8"]
KEPT = [*RUN, "--quiet", "--checkpoint", "run", "--checkpoint-every", "1"]


@pytest.fixture
def kept(pictures):
    """A folder with a run that was interrupted at step 5; provides the hash of what it should become."""
    paint(make_job())
    whole = sha256("out.png")
    (pictures / "out.png").unlink()
    interrupt(5)
    return whole


def test_a_run_goes_on_to_the_bytes_of_one_that_was_not_interrupted(kept, pictures):
    result = run("resume", "run")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("Resuming after step 5.\nPainting 48x40 px in ")
    assert (result.stdout, sha256("out.png")) == ("out.png\n", kept)
    assert not (pictures / "run").exists()


def test_resuming_works_from_another_folder(kept, pictures, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    result = run("resume", pictures / "run", "-q")
    assert (result.exit_code, result.output) == (0, "")
    assert sha256(pictures / "out.png") == kept


def test_the_command_and_the_library_paint_the_same_and_leave_only_the_painting(kept, pictures):
    assert run(*KEPT[:-3], "other", "-o", "other.png").exit_code == 0
    assert sha256("other.png") == kept and not (pictures / "other").exists()


def test_a_folder_with_a_run_is_not_taken_for_another(kept, pictures):
    before = contents(pictures)
    result = run(*KEPT, "--overwrite")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: run already holds a run. nst-tf resume run continues it; to start over, name another folder or delete "
        "this one.\n"
    )
    assert contents(pictures) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--checkpoint", "photo.jpg"], "photo.jpg is not a folder"),
        (["--checkpoint", "no/run"], "There is no folder no for the checkpoints"),
        (
            ["--checkpoint-every", "3"],
            "--checkpoint-every needs a folder for the checkpoints; name it with --checkpoint.",
        ),
    ],
)
def test_what_can_be_no_folder_is_refused_before_any_work(arguments, message, pictures):
    result = run(*RUN, *arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
    assert len(list(pictures.iterdir())) == 2


@pytest.mark.parametrize("folder", [".", "nothing", "my run", "photo.jpg"])
def test_resuming_nothing_says_so(folder, pictures):
    result = run("resume", folder)
    quoted = f"'{folder}'" if " " in folder else folder
    assert result.exit_code == 2
    assert result.stderr == f"Error: {folder} holds no unfinished run; stylize --checkpoint {quoted} begins one.\n"


def test_what_took_the_place_of_the_result_is_kept(kept, pictures):
    (pictures / "out.png").write_bytes(b"precious")
    result = run("resume", "run")
    assert result.exit_code == 2
    assert result.stderr == "Error: out.png exists, and is not of this run; move it away, and resume again.\n"
    assert (pictures / "out.png").read_bytes() == b"precious"


@pytest.mark.parametrize("quiet", [[], ["--quiet"]], ids=["loud", "quiet"])
def test_a_damaged_checkpoint_is_told_in_one_line(quiet, kept, pictures):
    newest = checkpoint_files(pictures / "run")[0]
    newest.write_bytes(newest.read_bytes()[:-40])
    result = run("resume", "run", *quiet)
    assert result.exit_code == 0 and result.stderr.count("Warning") == (not quiet)
    if not quiet:
        assert result.stderr.startswith("Warning: run/step-000000005.npz is damaged")
        assert "Going back to step 4.\nResuming after step 4." in result.stderr


def test_checkpoints_that_are_all_damaged_give_one_line(kept, pictures):
    for file in checkpoint_files(pictures / "run"):
        file.write_bytes(b"")
    result = run("resume", "run")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "There is no other checkpoint in run; start over in another folder." in result.stderr


def test_a_finished_painting_is_put_in_place_with_one_line(kept, pictures):
    paint(make_job(output=Path("whole.png")))
    Path("whole.png").rename("run/finished.png")
    result = run("resume", "run")
    assert (result.exit_code, result.output) == (0, "This run has finished: out.png\n")
    assert sha256("out.png") == kept


def test_a_copy_alone_is_named(pictures):
    (pictures / "run").mkdir()
    (pictures / "run" / "finished.png").write_bytes(b"painting")
    result = run("resume", "run")
    assert (result.exit_code, result.output) == (
        0,
        "This run has finished; run/finished.png is a copy of its painting.\n",
    )


def test_a_folder_of_another_process_is_refused_in_one_line(kept, pictures):
    with locked(pictures / "run", Path("run")):
        result = run("resume", "run", "--quiet")
    assert result.exit_code == 2
    assert result.stderr == "Error: Another process is painting the run in run; wait until it has ended.\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            NotPublishedError("It is full.", picture=Path("run/finished.png"), folder=Path("run"), finished=True),
            "It is full. The painting is in run/finished.png. Once that is fixed: nst-tf resume run continues it.",
        ),
        (
            NotPublishedError("It is full.", picture=Path("run/interrupted.png"), folder=Path("a run")),
            "It is full. The painting is in run/interrupted.png. nst-tf resume 'a run' continues it.",
        ),
        (
            NotPublishedError("It is full.", picture=Path("/tmp/painting.png"), folder=None),
            "It is full. The painting is in /tmp/painting.png.",
        ),
        (
            NotPublishedError("It can't be kept.", picture=None, folder=Path("run")),
            "It can't be kept. nst-tf resume run continues it.",
        ),
        (
            RunFailedError("No memory.", picture=Path("out.png"), folder=Path("run")),
            "No memory. out.png holds the last good picture; --start out.png continues from it. "
            "nst-tf resume run continues it.",
        ),
        (
            RunFailedError("Not finite.", picture=Path("out.png"), folder=None),
            "Not finite. out.png holds the last good picture; --start out.png continues from it.",
        ),
    ],
)
def test_a_job_that_failed_says_where_its_picture_is_and_how_to_go_on(error, line):
    assert explain(error) == line


def test_a_run_that_diverges_says_from_which_picture_to_go_on(pictures):
    result = run(*RUN, "--quiet", "--tv-weight", "1e38", "--learning-rate", "1000")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "try a lower learning rate" in result.stderr
    assert "out.png holds the last good picture; --start out.png continues from it." in result.stderr


def test_trouble_costs_a_line_even_if_quiet(pictures):
    (pictures / "out-00002.png").write_bytes(b"precious")
    result = run(*RUN, "--quiet", "--save-every", "2")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (0, "", 1)
    assert result.stderr.startswith("Warning: An intermediate can't be saved at step 2: out-00002.png exists")
